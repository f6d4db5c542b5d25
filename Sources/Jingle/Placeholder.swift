enum JingleModule {}
