enum ConferenceInfoModule {}
