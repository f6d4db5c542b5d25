enum SIPModule {}
