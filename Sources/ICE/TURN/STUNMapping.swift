public import Primitives

/// Asks a STUN server what it sees our socket as (RFC 8489 section 12, the server-reflexive address of RFC 8445 section
/// 5.1.1.2), and again and again, so that the NAT keeps the mapping (RFC 8445 section 11).
public struct STUNMapping: Sendable {
    /// Nil until the server has answered, and once it has not for a while.
    public private(set) var mapped: SocketAddress?

    private let entropy: Entropy
    private let hashing: Hashing
    private let interval: Duration
    private let rto: Duration = .milliseconds(500)
    private let transmissions = 7
    private var id: STUNTransactionID?
    private var sent = 0
    private var due: Instant?
    private var packets: [[UInt8]] = []

    /// - Parameter interval: mean time between an answer and the next question; each is 0.8 to 1.2 of it.
    public init(entropy: Entropy, hashing: Hashing, interval: Duration = .seconds(20)) {
        self.entropy = entropy
        self.hashing = hashing
        self.interval = interval
    }

    public var nextWake: Instant? { due }

    public mutating func start(now: Instant) { ask(now) }

    public mutating func wake(now: Instant) {
        guard let due, due <= now else { return }
        guard let id else { return ask(now) }
        guard sent < transmissions else {
            mapped = nil
            self.id = nil
            self.due = now + interval
            return
        }
        send(id, now)
    }

    /// A datagram from the server.
    /// - Returns: whether it answers the last question.
    public mutating func receive(_ bytes: [UInt8], now: Instant) -> Bool {
        guard let message = try? STUNMessage(decoding: bytes), message.method == STUNMessage.binding,
            message.messageClass == .success || message.messageClass == .error, message.transactionID == id
        else { return false }
        // A server that takes us for too eager, or does not like us, is asked again later.
        mapped = message.messageClass == .success ? message.reflexiveAddress : nil
        id = nil
        due = now + interval / 1000 * Int(800 + entropy.u32() % 401)
        return true
    }

    /// What is to be sent to the server since the last call.
    public mutating func drain() -> [[UInt8]] {
        defer { packets = [] }
        return packets
    }

    private mutating func ask(_ now: Instant) {
        let fresh = STUNTransactionID.random(entropy)
        id = fresh
        sent = 0
        send(fresh, now)
    }

    private mutating func send(_ id: STUNTransactionID, _ now: Instant) {
        packets.append(STUNMessage(.request, id).encoded(key: nil, hashing: hashing))
        sent += 1
        due = now + rto * (sent < transmissions ? 1 << (sent - 1) : 16)
    }
}
