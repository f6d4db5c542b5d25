enum RuntimeModule {}
