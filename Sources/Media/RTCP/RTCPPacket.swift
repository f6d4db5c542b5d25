/// One packet of an RTCP compound (RFC 3550 section 6), read in place: valid as long as the memory is.
public enum RTCPPacket {
    case senderReport(ssrc: UInt32, RTCPSenderInfo, RTCPReportBlocks)
    case receiverReport(ssrc: UInt32, RTCPReportBlocks)
    /// SDES; its chunks are not read.
    case sourceDescription
    case bye(RTCPSources)
    /// Feedback, extended reports, application packets.
    case other(type: UInt8)
}

/// The report blocks of a report, in place.
public struct RTCPReportBlocks {
    fileprivate let bytes: UnsafeRawBufferPointer
    public var count: Int { bytes.count / RTCPReportBlock.size }

    /// Nil past the last.
    public subscript(index: Int) -> RTCPReportBlock? {
        guard index >= 0, index < count else { return nil }
        return RTCPReportBlock(bytes.part(index * RTCPReportBlock.size, RTCPReportBlock.size))
    }
}

/// The sources that a BYE names, in place.
public struct RTCPSources {
    fileprivate let bytes: UnsafeRawBufferPointer
    public var count: Int { bytes.count / 4 }

    public func contains(_ ssrc: UInt32) -> Bool {
        for index in 0..<count where bytes.u32(at: 4 * index) == ssrc { return true }
        return false
    }
}

/// Walks the packets of a compound.
public struct RTCPReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// Nil when it is not RTCP: a wrong version, or lengths that do not add up (RFC 3550 appendix A.2). A compound may
    /// begin with anything (RFC 5506).
    public init?(_ packet: UnsafeRawBufferPointer) {
        guard packet.count >= 4 else { return nil }
        var offset = 0
        while offset < packet.count {
            guard packet.count - offset >= 4, packet[offset] >> 6 == 2, (192...223).contains(packet[offset + 1]) else {
                return nil
            }
            offset += 4 * (Int(packet.u16(at: offset + 2)) + 1)
        }
        guard offset == packet.count else { return nil }
        bytes = packet
    }

    /// The next packet, until nil. One whose counts do not fit its length comes as `.other`.
    public mutating func next() -> RTCPPacket? {
        guard offset < bytes.count else { return nil }
        let count = Int(bytes[offset] & 31)
        let type = bytes[offset + 1]
        let length = 4 * (Int(bytes.u16(at: offset + 2)) + 1)
        let body = bytes.part(offset + 4, length - 4)
        offset += length
        let blocks = count * RTCPReportBlock.size
        switch type {
        case 200 where body.count >= 4 + RTCPSenderInfo.size + blocks:
            let info = RTCPSenderInfo(
                ntp: UInt64(body.u32(at: 4)) << 32 | UInt64(body.u32(at: 8)), rtpTimestamp: body.u32(at: 12),
                packets: body.u32(at: 16), octets: body.u32(at: 20))
            return .senderReport(
                ssrc: body.u32(at: 0), info, RTCPReportBlocks(bytes: body.part(4 + RTCPSenderInfo.size, blocks)))
        case 201 where body.count >= 4 + blocks:
            return .receiverReport(ssrc: body.u32(at: 0), RTCPReportBlocks(bytes: body.part(4, blocks)))
        case 202:
            return .sourceDescription
        case 203 where body.count >= 4 * count:
            return .bye(RTCPSources(bytes: body.part(0, 4 * count)))
        default:
            return .other(type: type)
        }
    }
}
