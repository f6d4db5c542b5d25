public import Primitives

/// How long a connection may say nothing, and when it is kept alive (RFC 5626 section 4.4.1, RFC 7118 section 6).
///
/// New → proven by its first whole message. A proven one may rest unless a message was begun and not ended; one that a
/// call or a subscription counts on rests for as long as it likes, and is asked for a sign of life where that is agreed.
public struct SIPConnectionClock: Hashable, Sendable {
    public struct Limits: Hashable, Sendable {
        /// From the opening to the end of the first message; TLS and WebSocket handshakes count.
        public var proof: Duration
        /// From a message's first byte to its last.
        public var message: Duration
        /// Without a message, for a connection that nothing counts on.
        public var rest: Duration
        /// From a keep-alive of ours to whatever the peer says next.
        public var answer: Duration

        public init(
            proof: Duration = .seconds(20), message: Duration = .seconds(30), rest: Duration = .seconds(180),
            answer: Duration = .seconds(10)
        ) {
            self.proof = proof
            self.message = message
            self.rest = rest
            self.answer = answer
        }
    }

    public enum Action: Hashable, Sendable {
        /// To be closed, and why.
        case close(String)
        /// To be asked for a sign of life.
        case ping
    }

    private let limits: Limits
    private var lastHeard: Instant
    private var isProven: Bool
    private var begun: Instant?
    private var pinged: Instant?
    private var lastPing: Instant

    /// - Parameter isOurs: whether we opened it, and so know whom we talk to.
    public init(_ limits: Limits = Limits(), isOurs: Bool = false, at now: Instant) {
        self.limits = limits
        isProven = isOurs
        lastHeard = now
        lastPing = now
    }

    /// Takes note of bytes: of `messages` whole messages or keep-alives in them, and whether another one was begun.
    public mutating func heard(messages: Int, isMidMessage: Bool, at now: Instant) {
        pinged = nil
        if messages > 0 {
            isProven = true
            lastHeard = now
            begun = nil
        }
        begun = isMidMessage ? begun ?? now : nil
    }

    /// What is due.
    /// - Parameters:
    ///   - isInUse: whether a call or a subscription counts on the connection.
    ///   - interval: how often the peer is to be asked for a sign of life; nil for never.
    public mutating func wake(isInUse: Bool, keepAlive interval: Duration?, at now: Instant) -> Action? {
        if let begun, now - begun >= limits.message { return .close("a message was begun and never ended") }
        if !isProven, now - lastHeard >= limits.proof { return .close("nothing came") }
        if let pinged {
            return now - pinged >= limits.answer ? .close("no answer to a keep-alive") : nil
        }
        guard isInUse else {
            return now - lastHeard >= limits.rest ? .close("it was not used") : nil
        }
        guard let interval, now - max(lastPing, lastHeard) >= interval else { return nil }
        pinged = now
        lastPing = now
        return .ping
    }
}
