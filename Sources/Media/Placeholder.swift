enum MediaModule {}
