/// The latest flight of DTLS that has no way to go yet (RFC 9147 section 5.8.1): sent as soon as there is one, it spares
/// the handshake a retransmission.
struct HeldFlight {
    private static let mostDatagrams = 8
    private static let mostOctets = 12 * 1024

    private(set) var datagrams: [[UInt8]] = []

    /// A newer flight stands for the older. What is beyond the bounds is lost, and DTLS repeats it.
    mutating func hold(_ flight: [[UInt8]]) {
        guard !flight.isEmpty else { return }
        var left = Self.mostOctets
        datagrams = Array(
            flight.prefix(Self.mostDatagrams).prefix {
                left -= $0.count
                return left >= 0
            })
    }

    mutating func take() -> [[UInt8]] {
        defer { datagrams = [] }
        return datagrams
    }
}
