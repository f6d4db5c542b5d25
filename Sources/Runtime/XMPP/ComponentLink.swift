import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import XMPP

/// What comes off the component connections. Called on the control loop.
protocol ComponentDelegate: AnyObject, Sendable {
    /// The connection's attempt number tells late words about an old connection from those about the present one.
    func componentConnected(_ domain: String, attempt: Int, channel: any Channel)
    func componentFailed(_ domain: String, attempt: Int, reason: String)
    func componentBytes(_ domain: String, attempt: Int, _ bytes: [UInt8])
}

/// One component's connection to the XMPP server: the stream's value, and the socket that carries it.
final class ComponentLink {
    let domain: String
    private var stream: ComponentStream
    private let settings: Settings.XMPP
    private let loop: any EventLoop
    private let tls: NIOSSLContext?
    private var channel: (any Channel)?
    /// Counts connections.
    private var attempt = 0
    private var hasStrays = false

    init(_ domain: String, settings: Settings.XMPP, tls: NIOSSLContext?, loop: any EventLoop, hashing: Hashing) {
        self.domain = domain
        self.settings = settings
        self.tls = tls
        self.loop = loop
        stream = ComponentStream(
            configuration: ComponentStreamConfiguration(
                domain: domain, secret: settings.secret, backoff: Backoff(maximum: .seconds(10))),
            hashing: hashing, entropy: .system)
    }

    var nextWake: Instant? { stream.nextWake }

    /// Gives a stanza to the stream, which keeps it while it is down.
    func send(_ stanza: XMLElement) { stream.send(stanza) }

    /// Whether a stanza is the first here that is for another domain than this one's: the XMPP server spreads what comes
    /// over several connections, where it overtakes itself.
    func isFirstStray(_ stanza: XMLElement) -> Bool {
        guard !hasStrays, let to = stanza["to"].flatMap(JID.init), to.domain != domain else { return false }
        hasStrays = true
        return true
    }

    /// The stream is up: first what says how things stand now, then what has waited.
    func resume(announcing presence: [XMLElement]) {
        for stanza in presence { stream.announce(stanza) }
        stream.release()
    }

    func start(now: Instant) { stream.start(now: now) }
    func stop() { stream.stop() }
    func wake(now: Instant) { stream.wake(now: now) }

    func connected(attempt: Int, _ channel: any Channel, now: Instant) {
        guard attempt == self.attempt else { return channel.close(promise: nil) }
        self.channel = channel
        stream.connected(now: now)
    }

    func failed(attempt: Int, _ reason: String, now: Instant) {
        guard attempt == self.attempt else { return }
        channel = nil
        stream.disconnected(reason, now: now)
    }

    func received(attempt: Int, _ bytes: [UInt8], now: Instant) {
        guard attempt == self.attempt else { return }
        stream.receive(bytes, now: now)
    }

    /// Carries out what the stream wants; gives back what concerns the rest of the house.
    func settle(_ delegate: any ComponentDelegate) -> [ComponentStream.Output] {
        var others: [ComponentStream.Output] = []
        for output in stream.drain() {
            switch output {
            case .connect: connect(delegate)
            case .send(let bytes):
                if let channel { channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil) }
            case .disconnect:
                attempt += 1
                if let channel { channel.close(promise: nil) }
                channel = nil
            case .ready, .stanza, .refused, .lost, .overflowing, .overflowed: others.append(output)
            }
        }
        return others
    }

    private func connect(_ delegate: any ComponentDelegate) {
        attempt += 1
        let (domain, attempt, tls, server) = (domain, attempt, tls, settings.server)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let name = IPAddress(server) == nil ? server : nil
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        ComponentHandler(domain: domain, attempt: attempt, delegate: delegate))
                }
            }
            .connect(host: server, port: Int(settings.port))
            .whenComplete { result in
                switch result {
                case .success(let channel): delegate.componentConnected(domain, attempt: attempt, channel: channel)
                case .failure(let error):
                    delegate.componentFailed(domain, attempt: attempt, reason: "\(error)")
                }
            }
    }
}

/// Hands the bytes of a component connection to the control loop.
private final class ComponentHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let domain: String
    private let attempt: Int
    private let delegate: any ComponentDelegate

    init(domain: String, attempt: Int, delegate: any ComponentDelegate) {
        self.domain = domain
        self.attempt = attempt
        self.delegate = delegate
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        delegate.componentBytes(domain, attempt: attempt, Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        delegate.componentFailed(domain, attempt: attempt, reason: "the server closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        delegate.componentFailed(domain, attempt: attempt, reason: "\(error)")
        context.close(promise: nil)
    }
}
