/// What a cryptographic context keeps of RTCP for one SSRC (RFC 3711 section 3.2.3): the last index sent, and the last
/// 128 indices received.
struct SRTCPStream: BitwiseCopyable {
    private static let size: UInt32 = 128

    private var sent: UInt32 = 0
    /// The index that the lowest bit stands for.
    private var start: UInt32 = 0
    private var seen: UInt128 = 0

    init() {}

    /// A sender that has used the indices up to this one.
    init(resuming sent: UInt32) { self.sent = sent }

    /// The index of the next packet to be sent. The first is 1, as libsrtp has it.
    mutating func next() throws(SRTPError) -> UInt32 {
        guard sent < RTCPTrailer.maximumIndex else { throw .keyExpired }
        sent += 1
        return sent
    }

    /// Refuses the index of a received packet that was seen, or is older than can be told (section 3.3.2).
    func check(_ index: UInt32) throws(SRTPError) {
        guard index >= start else { throw .replay }
        let place = index - start
        guard place >= SRTCPStream.size || seen & 1 << place == 0 else { throw .replay }
    }

    /// Notes an index that `check` let pass, of a packet that was authentic.
    mutating func note(_ index: UInt32) {
        guard index >= start else { return }
        var place = index - start
        if place >= SRTCPStream.size {
            let step = place - (SRTCPStream.size - 1)
            seen >>= UInt128(step)
            start += step
            place = SRTCPStream.size - 1
        }
        seen |= 1 << UInt128(place)
    }
}
