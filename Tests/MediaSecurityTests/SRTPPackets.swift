import MediaSecurity
import Primitives

/// Packets and keys for the SRTP tests.
enum SRTPPackets {
    /// The same key in both directions, so that what one session sends the next one receives.
    static func keys(_ profile: SRTPProfile, seed: UInt64) -> SRTPKeys {
        var dice = SplitMix64(seed)
        let key = bytes(profile.keyLength + profile.saltLength, &dice)
        return SRTPKeys(profile: profile, send: key, receive: key)
    }

    static func bytes(_ count: Int, _ dice: inout SplitMix64) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
    }

    /// An RTP packet with any marker, payload type, timestamp, CSRCs, header extension, payload and padding.
    static func random(_ sequence: UInt16, ssrc: UInt32, _ dice: inout SplitMix64) -> [UInt8] {
        let sources = dice.below(3) == 0 ? dice.below(16) : 0
        let extended = dice.below(3) == 0
        let padding = dice.below(8) == 0 ? 1 + dice.below(8) : 0
        var writer = ByteWriter()
        writer.append([0x80 | (padding > 0 ? 0x20 : 0) | (extended ? 0x10 : 0) | UInt8(sources)])
        writer.append(bytes(1, &dice))
        writer.integer(sequence)
        writer.append(bytes(4, &dice))
        writer.integer(ssrc)
        writer.append(bytes(4 * sources, &dice))
        if extended {
            let words = dice.below(6)
            writer.append([0xbe, 0xde, 0, UInt8(words)] + bytes(4 * words, &dice))
        }
        writer.append(bytes(dice.below(20) == 0 ? dice.below(1400) : dice.below(90), &dice))
        if padding > 0 {
            writer.append([UInt8](repeating: 0, count: padding - 1) + [UInt8(padding)])
        }
        return writer.bytes
    }

    /// Runs an operation on a copy of a packet with `room` more bytes; gives the packet that came of it.
    static func apply(
        _ packet: [UInt8], room: Int = 64,
        _ operation: (UnsafeMutableRawBufferPointer, Int) throws(SRTPError) -> Int
    ) throws(SRTPError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count + room, alignment: 8)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: packet)
        let count = try operation(buffer, packet.count)
        return Array(buffer[..<count])
    }
}

extension SRTPSession {
    mutating func protected(_ packet: [UInt8]) -> Result<[UInt8], SRTPError> {
        Result { () throws(SRTPError) in
            try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                try self.protect(rtp: buffer, count: count)
            }
        }
    }

    mutating func unprotected(_ packet: [UInt8]) -> Result<[UInt8], SRTPError> {
        Result { () throws(SRTPError) in
            try SRTPPackets.apply(packet, room: 0) { buffer, count throws(SRTPError) in
                try self.unprotect(rtp: buffer, count: count)
            }
        }
    }

    mutating func protected(report: [UInt8]) -> Result<[UInt8], SRTPError> {
        Result { () throws(SRTPError) in
            try SRTPPackets.apply(report) { buffer, count throws(SRTPError) in
                try self.protect(rtcp: buffer, count: count)
            }
        }
    }

    mutating func unprotected(report: [UInt8]) -> Result<[UInt8], SRTPError> {
        Result { () throws(SRTPError) in
            try SRTPPackets.apply(report, room: 0) { buffer, count throws(SRTPError) in
                try self.unprotect(rtcp: buffer, count: count)
            }
        }
    }
}
