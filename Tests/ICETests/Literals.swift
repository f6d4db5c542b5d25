import Primitives

extension SocketAddress: ExpressibleByStringLiteral {
    /// `192.0.2.1:5060` or `[2001:db8::1]:5060`.
    public init(stringLiteral text: String) {
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        self.init(IPAddress(text[..<colon]) ?? .any4, UInt16(text[colon...].dropFirst()) ?? 0)
    }
}

extension Instant {
    static func milliseconds(_ count: Int) -> Instant { .zero + .milliseconds(count) }
    static func seconds(_ count: Int) -> Instant { .zero + .seconds(count) }
}
