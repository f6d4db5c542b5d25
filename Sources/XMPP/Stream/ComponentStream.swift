import Primitives

/// One component's stream to its server (XEP-0114), reconnecting for as long as it is wanted.
///
/// A value: it is told what the connection did and what time it is, and says what to do through `drain()`. It holds a
/// parser, so it has one owner and is not copied.
public struct ComponentStream {
    /// What the owner is to do, or is told.
    public enum Output: Sendable, Hashable {
        /// Open a TCP connection, then call `connected` or `disconnected`.
        case connect
        /// Write to the connection.
        case send([UInt8])
        /// Close the connection once everything is written, and tell nothing more about it.
        case disconnect
        /// The handshake is done. What `announce` is given now goes out before what has waited, and that goes out with
        /// `release`.
        case ready
        case stanza(XMLElement)
        /// A stanza beyond the limits was left out, and its sender told; in words for the log.
        case refused(String)
        /// The stream is down, and will be tried again.
        case lost(Loss)
        /// More waits for the stream than may: the oldest stanzas are left out from now on.
        case overflowing
        /// So many were left out since.
        case overflowed(Int)
    }

    /// Why a stream went down.
    public enum Loss: Sendable, Hashable {
        /// The connection could not be made, or broke; with the system's word for it.
        case connection(String)
        /// The server said so: `not-authorized` for a wrong secret, `conflict`, `host-unknown`, …
        case refused(StreamError)
        /// What the server sent cannot be read.
        case unreadable(StreamError)
        /// The server closed the stream.
        case closed
        /// Nothing came in the time allowed.
        case timeout
    }

    /// idle → waiting → connecting → opening → authenticating → ready; each but `idle` falls back to waiting, and
    /// `stop` leads to idle from anywhere.
    private enum State: Hashable {
        case idle
        /// Until the next attempt.
        case waiting(Instant)
        case connecting(deadline: Instant)
        /// Our stream header is sent.
        case opening(deadline: Instant)
        /// `<handshake/>` is sent.
        case authenticating(deadline: Instant)
        /// `heard` is when something last came; `pinged` is when the answer to a ping must have come.
        case ready(since: Instant, heard: Instant, pinged: Instant?)
    }

    public let configuration: ComponentStreamConfiguration
    private let hashing: Hashing
    private let entropy: Entropy
    private var state = State.idle
    private var parser: XMLStreamParser?
    private var backoff: Backoff
    /// Since when the stanza that is not complete yet is being read.
    private var unfinished: Instant?
    private var queue: StanzaQueue
    /// Whether stanzas wait although the stream is ready: from `ready` to `release`.
    private var isHolding = true
    private var outputs: [Output] = []
    private let pingPrefix: String

    public init(configuration: ComponentStreamConfiguration, hashing: Hashing, entropy: Entropy) {
        self.configuration = configuration
        self.hashing = hashing
        self.entropy = entropy
        backoff = configuration.backoff
        queue = StanzaQueue(maximumCount: configuration.queueLimit, maximumBytes: configuration.queueBytes)
        pingPrefix = "keepalive-\(entropy.token(8))"
    }

    public var isReady: Bool { if case .ready = state { true } else { false } }

    /// When `wake` is to be called next.
    public var nextWake: Instant? {
        switch state {
        case .idle: nil
        case .waiting(let instant): instant
        case .connecting(let deadline), .opening(let deadline), .authenticating(let deadline): deadline
        case .ready(_, let heard, let pinged):
            [pinged ?? heard + configuration.keepalive, unfinished.map { $0 + configuration.stanzaTimeout }]
                .compactMap(\.self).min()
        }
    }

    /// What is to be done since the last call, in order.
    public mutating func drain() -> [Output] {
        defer { outputs.removeAll() }
        return outputs
    }

    /// idle → connecting.
    public mutating func start(now: Instant) {
        guard case .idle = state else { return }
        connect(now)
    }

    /// The TCP connection stands: connecting → opening.
    public mutating func connected(now: Instant) {
        guard case .connecting = state else { return }
        parser = XMLStreamParser(salt: entropy.u64(), limits: configuration.limits)
        state = .opening(deadline: now + configuration.handshakeTimeout)
        let domain = XMLElement.escapeAttribute(configuration.domain)
        write(
            "<?xml version='1.0'?><stream:stream xmlns='\(Namespace.componentAccept)'"
                + " xmlns:stream='\(Namespace.streams)' to='\(domain)'>")
    }

    /// The TCP connection could not be made, or is gone.
    public mutating func disconnected(_ reason: String, now: Instant) {
        switch state {
        case .idle, .waiting: break
        default: lose(.connection(reason), now)
        }
    }

    public mutating func receive(_ bytes: some Collection<UInt8>, now: Instant) {
        guard let parser else { return }
        if case .ready(let since, _, _) = state { state = .ready(since: since, heard: now, pinged: nil) }
        let events = parser.parse(bytes)
        unfinished = parser.isInsideStanza ? (events.isEmpty ? unfinished : nil) ?? now : nil
        for event in events {
            switch event {
            case .streamOpened(let header): streamOpened(header, now)
            case .stanza(let stanza): received(stanza, now)
            case .refused(let head, let excess): refused(head, excess)
            case .streamClosed: lose(.closed, now)
            case .failed(let error):
                write(error.element.serialised() + "</stream:stream>")
                lose(.unreadable(error), now)
            }
            if self.parser == nil { return }
        }
    }

    /// Sends a stanza, or keeps it until the stream is up again; where too much is kept the oldest goes.
    public mutating func send(_ stanza: XMLElement) {
        guard isHolding || !isReady else { return write(stanza) }
        let before = queue.dropped
        queue.append(Array(stanza.serialised(in: Namespace.client).utf8))
        if before == 0, queue.dropped > 0 { outputs.append(.overflowing) }
    }

    /// Sends a stanza before all that waits; one that says how things stand, and is not kept while there is no stream.
    public mutating func announce(_ stanza: XMLElement) { if isReady { write(stanza) } }

    /// Sends what has waited, in order.
    public mutating func release() {
        guard isReady, isHolding else { return }
        isHolding = false
        let (stanzas, dropped) = queue.take()
        if dropped > 0 { outputs.append(.overflowed(dropped)) }
        for stanza in stanzas { outputs.append(.send(stanza)) }
    }

    public mutating func wake(now: Instant) {
        guard let due = nextWake, due <= now else { return }
        switch state {
        case .idle: break
        case .waiting: connect(now)
        case .connecting, .opening, .authenticating: lose(.timeout, now)
        case .ready where unfinished.map { $0 + configuration.stanzaTimeout <= now } ?? false: lose(.timeout, now)
        case .ready(_, _, .some): lose(.timeout, now)
        case .ready(let since, let heard, nil):
            let id = "\(pingPrefix)-\(entropy.token(6))"
            write(
                XMLElement(
                    "iq", Namespace.client,
                    ["type": "get", "from": configuration.domain, "to": configuration.pingTarget, "id": id]
                ) { XMLElement("ping", Namespace.ping) })
            state = .ready(since: since, heard: heard, pinged: now + configuration.pingTimeout)
        }
    }

    /// Ends the stream for good.
    public mutating func stop() {
        switch state {
        case .idle, .waiting: break
        case .connecting: outputs.append(.disconnect)
        case .opening, .authenticating, .ready:
            write("</stream:stream>")
            outputs.append(.disconnect)
        }
        state = .idle
        parser = nil
        unfinished = nil
    }
}

extension ComponentStream {
    private mutating func connect(_ now: Instant) {
        state = .connecting(deadline: now + configuration.handshakeTimeout)
        outputs.append(.connect)
    }

    private mutating func lose(_ loss: Loss, _ now: Instant) {
        if case .connection = loss {} else { outputs.append(.disconnect) }
        if case .ready(let since, _, _) = state, now - since >= .seconds(10) { backoff.reset() }
        state = .waiting(now + backoff.next(entropy))
        parser = nil
        unfinished = nil
        outputs.append(.lost(loss))
    }

    /// opening → authenticating: the digest of the stream's id and the secret (XEP-0114 section 3).
    private mutating func streamOpened(_ header: XMLElement, _ now: Instant) {
        guard case .opening(let deadline) = state else { return }
        guard header.matches("stream", Namespace.streams), let id = header["id"] else {
            return lose(.unreadable(StreamError(.badFormat, "no stream with an id")), now)
        }
        let digest = Hex.encode(hashing.sha1(Array((id + configuration.secret.secret).utf8)))
        state = .authenticating(deadline: deadline)
        write(XMLElement("handshake", Namespace.client, text: digest))
    }

    private mutating func received(_ stanza: XMLElement, _ now: Instant) {
        if let error = StreamError(stanza) { return lose(.refused(error), now) }
        switch state {
        case .authenticating where stanza.matches("handshake", Namespace.client):
            state = .ready(since: now, heard: now, pinged: nil)
            isHolding = true
            outputs.append(.ready)
        case .ready:
            if stanza.name == "iq", stanza["id"]?.hasPrefix(pingPrefix) == true { return }
            outputs.append(.stanza(stanza))
        default: break
        }
    }

    /// RFC 6120 section 8.3.3.12: what is too large is a matter between its sender and us.
    private mutating func refused(_ head: XMLElement, _ excess: String) {
        guard isReady else { return }
        var stanza = XMLElement(head.name, head.namespace, ["type": head.type])
        (stanza.from, stanza.to) = (head.from, head.to)
        stanza.id = head.id.flatMap { $0.utf8.count <= 1024 ? $0 : nil }
        outputs.append(.refused("<\(stanza.name)/> from \(stanza["from"] ?? "nobody"): \(excess)"))
        guard [stanza.isMessage, stanza.isPresence, stanza.isIQ].contains(true), stanza.from != nil, stanza.to != nil
        else { return }
        let error = StanzaError(.policyViolation, "The stanza is \(excess).")
        if let reply = stanza.errorReply(error) { write(reply) }
    }

    private mutating func write(_ stanza: XMLElement) { write(stanza.serialised(in: Namespace.client)) }

    private mutating func write(_ text: String) { outputs.append(.send(Array(text.utf8))) }
}
