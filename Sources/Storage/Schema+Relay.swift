extension Schema {
    /// What became of a leg's packets.
    static let relayedPackets = """
        ALTER TABLE call_record ADD COLUMN packets_decoded INTEGER;
        ALTER TABLE call_record ADD COLUMN packets_relayed INTEGER;
        ALTER TABLE call_record ADD COLUMN packets_encoded INTEGER;
        """
}
