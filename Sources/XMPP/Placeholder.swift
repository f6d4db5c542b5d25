enum XMPPModule {}
