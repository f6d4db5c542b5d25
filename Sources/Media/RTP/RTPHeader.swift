/// The fixed header of an RTP packet and where the rest of it lies (RFC 3550 section 5.1).
public struct RTPHeader: Sendable, Hashable {
    public var marker: Bool
    public var payloadType: UInt8
    public var sequence: UInt16
    public var timestamp: UInt32
    public var ssrc: UInt32
    /// 0…15.
    public private(set) var csrcCount: Int
    /// The 16 bits that name the kind of header extension: 0xBEDE or 0x100x (RFC 8285); 0 when there is none.
    public private(set) var extensionProfile: UInt16
    /// Where the extension's data lies, without its own four-byte header.
    public private(set) var extensionOffset: Int
    public private(set) var extensionLength: Int
    public private(set) var payloadOffset: Int
    /// Without padding.
    public private(set) var payloadLength: Int

    /// Reads the header of a packet; nil when it is not RTP version 2, or says that it is longer than it is.
    public init?(_ packet: UnsafeRawBufferPointer) {
        guard packet.count >= 12, packet[0] >> 6 == 2 else { return nil }
        csrcCount = Int(packet[0] & 15)
        marker = packet[1] & 0x80 != 0
        payloadType = packet[1] & 0x7f
        sequence = packet.u16(at: 2)
        timestamp = packet.u32(at: 4)
        ssrc = packet.u32(at: 8)
        var offset = 12 + 4 * csrcCount
        extensionProfile = 0
        extensionOffset = 0
        extensionLength = 0
        if packet[0] & 0x10 != 0 {
            guard packet.count >= offset + 4 else { return nil }
            extensionProfile = packet.u16(at: offset)
            extensionLength = 4 * Int(packet.u16(at: offset + 2))
            extensionOffset = offset + 4
            offset = extensionOffset + extensionLength
        }
        guard packet.count >= offset else { return nil }
        payloadOffset = offset
        var end = packet.count
        if packet[0] & 0x20 != 0 {
            let padding = Int(packet[packet.count - 1])
            guard padding > 0, padding <= packet.count - offset else { return nil }
            end -= padding
        }
        payloadLength = end - offset
    }

    /// The payload within the packet the header was read from.
    public func payload(in packet: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        packet.part(payloadOffset, payloadLength)
    }

    /// A contributing source; nil past the last.
    public func csrc(_ index: Int, in packet: UnsafeRawBufferPointer) -> UInt32? {
        guard index >= 0, index < csrcCount else { return nil }
        return packet.u32(at: 12 + 4 * index)
    }

    /// The data of the header extension element with a local identifier, of one-byte or two-byte form
    /// (RFC 8285 sections 4.2 and 4.3); nil when it is not there.
    public func element(_ id: UInt8, in packet: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let isTwoByte = extensionProfile & 0xfff0 == 0x1000
        guard id > 0, isTwoByte || extensionProfile == 0xbede else { return nil }
        var offset = extensionOffset
        let end = extensionOffset + extensionLength
        while offset < end {
            let first = packet[offset]
            if first == 0 {
                offset += 1
                continue
            }
            let found: UInt8
            let length: Int
            if isTwoByte {
                guard offset + 2 <= end else { return nil }
                found = first
                length = Int(packet[offset + 1])
                offset += 2
            } else {
                found = first >> 4
                length = Int(first & 15) + 1
                offset += 1
                if found == 15 { return nil }
                // Identifier 0 with a length: to be skipped (section 4.2).
            }
            guard length <= end - offset else { return nil }
            if found == id { return packet.part(offset, length) }
            offset += length
        }
        return nil
    }
}
