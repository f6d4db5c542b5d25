/// What a cryptographic context keeps for one SSRC (RFC 3711 section 3.2.3): the highest index, hence the roll-over
/// counter, and the replay window.
struct SRTPStream: BitwiseCopyable {
    private var highest: PacketIndex
    private var window = ReplayWindow()

    /// A stream before its first packet, which gives it its start (section 3.3.1).
    init(first sequence: UInt16) {
        highest = PacketIndex(rolloverCounter: 0, sequence: sequence)
    }

    /// A stream whose roll-over counter is known from elsewhere.
    init(resuming highest: PacketIndex) {
        self.highest = highest
    }

    /// The index of the packet with this sequence number, if it was not seen before.
    func index(of sequence: UInt16) throws(SRTPError) -> PacketIndex {
        guard let index = highest.estimate(sequence) else { throw .keyExpired }
        guard window.accepts(index, highest: highest) else { throw .replay }
        return index
    }

    /// Notes a packet that was sent, or received and authentic.
    mutating func note(_ index: PacketIndex) {
        window.insert(index, highest: highest)
        if index > highest { highest = index }
    }
}
