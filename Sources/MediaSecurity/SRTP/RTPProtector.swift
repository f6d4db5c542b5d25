/// RTP under one master key: the transform, and the streams by SSRC (RFC 3711 section 3.3).
struct RTPProtector: ~Copyable {
    private let transform: SRTPTransform
    private let tagLength: Int
    private var streams = SRTPStreamTable<SRTPStream>()

    init(_ transform: consuming SRTPTransform) {
        tagLength = transform.tagLength
        self.transform = transform
    }

    /// Goes on with a stream whose roll-over counter is known from elsewhere.
    mutating func resume(_ ssrc: UInt32, at highest: PacketIndex) throws(SRTPError) {
        _ = try streams.add(SRTPStream(resuming: highest), for: ssrc)
    }

    /// Protects the first `count` bytes in place.
    /// - Returns: the new length.
    mutating func protect(_ buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        guard count >= 0, count <= buffer.count - tagLength, let packet = buffer.baseAddress else { throw .noRoom }
        guard let header = RTPHeader(UnsafeRawBufferPointer(start: packet, count: count)) else { throw .malformed }
        let slot =
            if let slot = streams.slot(of: header.ssrc) { slot } else {
                try streams.add(SRTPStream(first: header.sequence), for: header.ssrc)
            }
        let index = try streams[slot].index(of: header.sequence)
        streams[slot].note(index)
        try transform.seal(packet, count: count, header, index)
        return count + tagLength
    }

    /// Checks and decrypts the first `count` bytes in place. Only an authentic packet leaves a trace.
    /// - Returns: the new length.
    mutating func unprotect(_ buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        let length = count - tagLength
        guard length >= 0, count <= buffer.count, let packet = buffer.baseAddress,
            let header = RTPHeader(UnsafeRawBufferPointer(start: packet, count: length))
        else { throw .malformed }
        if let slot = streams.slot(of: header.ssrc) {
            let index = try streams[slot].index(of: header.sequence)
            try transform.open(packet, count: length, header, index)
            streams[slot].note(index)
        } else {
            var stream = SRTPStream(first: header.sequence)
            let index = try stream.index(of: header.sequence)
            try transform.open(packet, count: length, header, index)
            stream.note(index)
            _ = try streams.add(stream, for: header.ssrc)
        }
        return length
    }
}
