/// RTCP under one master key: the transform, and the streams by the SSRC of a compound packet's first report (RFC 3711
/// section 3.4).
struct SRTCPProtector: ~Copyable {
    /// The fixed header with the sender's SSRC, which is not encrypted.
    static let headerLength = 8

    private let transform: SRTPTransform
    private let overhead: Int
    private var streams = SRTPStreamTable<SRTCPStream>()

    init(_ transform: consuming SRTPTransform) {
        overhead = transform.tagLength + RTCPTrailer.length
        self.transform = transform
    }

    /// Goes on with a stream of which this many packets were sent.
    mutating func resume(_ ssrc: UInt32, at index: UInt32) throws(SRTPError) {
        _ = try streams.add(SRTCPStream(resuming: index), for: ssrc)
    }

    /// Protects the first `count` bytes in place.
    /// - Returns: the new length.
    mutating func protect(_ buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        guard count >= SRTCPProtector.headerLength, let packet = buffer.baseAddress else { throw .malformed }
        guard count <= buffer.count - overhead else { throw .noRoom }
        let ssrc = SRTCPProtector.ssrc(packet)
        let slot = if let slot = streams.slot(of: ssrc) { slot } else { try streams.add(SRTCPStream(), for: ssrc) }
        try transform.seal(packet, count: count, ssrc, RTCPTrailer(encrypted: streams[slot].next()))
        return count + overhead
    }

    /// Checks and decrypts the first `count` bytes in place. Only an authentic packet leaves a trace.
    /// - Returns: the new length.
    mutating func unprotect(_ buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        let length = count - overhead
        guard length >= SRTCPProtector.headerLength, count <= buffer.count, let packet = buffer.baseAddress else {
            throw .malformed
        }
        let ssrc = SRTCPProtector.ssrc(packet)
        let trailer = transform.trailer(packet, count: count)
        let known = streams.slot(of: ssrc)
        if let known { try streams[known].check(trailer.index) }
        try transform.open(packet, count: length, ssrc, trailer)
        let slot = if let known { known } else { try streams.add(SRTCPStream(), for: ssrc) }
        streams[slot].note(trailer.index)
        return length
    }

    private static func ssrc(_ packet: UnsafeMutableRawPointer) -> UInt32 {
        UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    }
}
