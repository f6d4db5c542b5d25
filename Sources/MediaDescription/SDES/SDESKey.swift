public import Primitives

/// What an `a=crypto` attribute says that can be used: a suite, and the one key with which its sender protects.
public struct SDESKey: Hashable, Sendable {
    public var suite: SDESSuite
    /// Master key followed by master salt, of the suite's length.
    public var bytes: Redacted<[UInt8]>
    /// Bytes of the master key identifier in its sender's packets (RFC 3711 section 3.1), 0 for none. There is one key, so
    /// that it says nothing.
    public var mkiLength: Int

    /// Nil when there are not as many bytes as the suite wants.
    public init?(_ suite: SDESSuite, _ bytes: [UInt8], mkiLength: Int = 0) {
        guard bytes.count == suite.keyLength else { return nil }
        self.suite = suite
        self.bytes = Redacted(bytes)
        self.mkiLength = mkiLength
    }
}

/// The SDES keys of an offer and its answer, as seen from us; both are of the same suite.
public struct AgreedSDES: Hashable, Sendable {
    public var send: SDESKey
    public var receive: SDESKey

    /// Nil when the suites differ.
    public init?(send: SDESKey, receive: SDESKey) {
        guard send.suite == receive.suite else { return nil }
        self.send = send
        self.receive = receive
    }

    public var suite: SDESSuite { send.suite }
}
