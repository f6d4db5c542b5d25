enum MediaSecurityModule {}
