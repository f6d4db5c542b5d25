import Conference
import Primitives

/// Gives out pairs of UDP ports for plain RTP: an even one, and the odd one above it for RTCP (RFC 3550 section 11).
struct RTPPorts {
    private let range: ClosedRange<UInt16>
    private var next: UInt16

    init(_ range: ClosedRange<UInt16>) {
        self.range = range
        next = range.lowerBound
    }

    /// The next free pair on an address; ports that somebody else holds are passed over.
    mutating func open(on ip: IPAddress) throws(MediaUnavailable) -> (rtp: UDPSocket, rtcp: UDPSocket) {
        let first = range.lowerBound.isMultiple(of: 2) ? range.lowerBound : range.lowerBound &+ 1
        var left = range.count / 2
        while left > 0 {
            left -= 1
            if next < first || next >= range.upperBound { next = first }
            let port = next
            next = next >= UInt16.max - 2 ? first : next + 2
            do {
                let rtp = try UDPSocket(bind: SocketAddress(ip, port))
                let rtcp = try UDPSocket(bind: SocketAddress(ip, port + 1))
                return (rtp, rtcp)
            } catch {
                continue
            }
        }
        throw MediaUnavailable(reason: "no free RTP port between \(range.lowerBound) and \(range.upperBound) on \(ip)")
    }
}
