public import Primitives

/// An allocation at a TURN server (RFC 8656) under long-term credentials (RFC 8489 section 9.2), with its permissions and
/// channels, as a value.
///
/// One serves all calls that go by the server: each peer has a permission and, where media flows, a channel. After each
/// call, send what `drain()` gives to the server, in order, and call `wake(now:)` at `nextWake`. What fails is tried
/// again by itself.
public struct TURNClient: Sendable {
    /// Where an allocation stands: `idle` → `allocating` → `allocated` → `waiting` → `allocating` …, and `closed`.
    enum State: Hashable, Sendable {
        case idle
        case allocating
        case allocated(refresh: Instant, expires: Instant)
        /// Tries again then.
        case waiting(Instant)
        case closed
    }

    /// What the next allocation is made with; one that stands keeps those it was made with, as servers demand (441).
    public var credentials: TURNCredentials
    /// At most one of each family; none while there is no allocation.
    public internal(set) var relayed: [SocketAddress] = []
    /// What the server sees us as, while there is an allocation.
    public internal(set) var mapped: SocketAddress?

    let configuration: TURNConfiguration
    /// Over TCP and TLS nothing is sent twice.
    let isReliable: Bool
    let entropy: Entropy
    let hashing: Hashing

    var state = State.idle
    var active: TURNCredentials
    var realm: String?
    var nonce: String?
    var transactions: [TURNTransaction] = []
    var permissions: [IPAddress: TURNPermission] = [:]
    var channels: [SocketAddress: TURNChannel] = [:]
    var channelPeers: [UInt16: SocketAddress] = [:]
    var nextChannel = ChannelData.numbers.lowerBound
    var held: [(peer: SocketAddress, bytes: [UInt8])] = []
    var redirections = 0
    var retry: Duration
    var hasCleared = false
    /// The server has no IPv4 addresses.
    var isIPv6Only = false
    /// When permissions and channels are next to be looked at.
    var nextTending: Instant?
    var events: [TURNEvent] = []
    var packets: [[UInt8]] = []

    public init(
        credentials: TURNCredentials, isReliable: Bool, entropy: Entropy, hashing: Hashing,
        configuration: TURNConfiguration = TURNConfiguration()
    ) {
        self.credentials = credentials
        active = credentials
        self.isReliable = isReliable
        self.entropy = entropy
        self.hashing = hashing
        self.configuration = configuration
        retry = configuration.firstRetry
    }

    /// Asks for an allocation.
    public mutating func start(now: Instant) -> [TURNEvent] {
        if state == .idle { allocate(now) }
        return drainEvents()
    }

    /// A datagram, or a message off the stream, from the server.
    public mutating func receive(_ bytes: [UInt8], now: Instant) -> [TURNEvent] {
        if let first = bytes.first, ChannelData.begins(with: first) {
            if let data = ChannelData(decoding: bytes), let peer = channelPeers[data.channel] {
                events.append(.data(data.payload, from: peer))
            }
        } else if let message = try? STUNMessage(decoding: bytes) {
            switch message.messageClass {
            case .indication:
                if message.method == TURN.data, let peer = message.peerAddress, let data = message.payload,
                    permissions[peer.ip]?.isGranted == true
                {
                    events.append(.data(data, from: peer))
                }
            case .success, .error: complete(message, now)
            case .request: break
            }
        }
        return drainEvents()
    }

    /// Does what is due.
    public mutating func wake(now: Instant) -> [TURNEvent] {
        retransmit(now)
        switch state {
        case .allocated(_, let expires) where expires <= now: lose(.noAnswer, now)
        case .allocated(let refresh, let expires) where refresh <= now:
            state = .allocated(refresh: expires, expires: expires)
            request(.refresh, now)
        case .waiting(let until) where until <= now: allocate(now)
        default: break
        }
        tend(now)
        return drainEvents()
    }

    public var nextWake: Instant? {
        var times = transactions.map(\.due)
        switch state {
        case .allocated(let refresh, let expires): times += [refresh, expires]
        case .waiting(let until): times.append(until)
        case .idle, .allocating, .closed: break
        }
        if let nextTending { times.append(nextTending) }
        return times.min()
    }

    /// Gives the allocation back (a lifetime of zero, RFC 8656 section 7.1). Its answer is not waited for.
    public mutating func close(now: Instant) {
        if case .allocated = state { request(.clear, now) }
        transactions = []
        forgetAllocation()
        state = .closed
    }

    /// What is to be sent to the server since the last call.
    public mutating func drain() -> [[UInt8]] {
        defer { packets = [] }
        return packets
    }

    private mutating func drainEvents() -> [TURNEvent] {
        defer { events = [] }
        return events
    }

    mutating func allocate(_ now: Instant) {
        if active != credentials { (realm, nonce) = (nil, nil) }
        active = credentials
        state = .allocating
        request(.allocate, now)
    }

    /// The allocation is gone, or could not be had: all that hung on it is forgotten, and it is tried again.
    mutating func lose(_ failure: TURNFailure, _ now: Instant) {
        forgetAllocation()
        state = .waiting(now + retry)
        retry = min(retry * 2, configuration.longestRetry)
        events.append(.lost(failure))
    }

    private mutating func forgetAllocation() {
        transactions = []
        permissions = [:]
        channels = [:]
        channelPeers = [:]
        held = []
        relayed = []
        mapped = nil
        nextTending = nil
    }
}
