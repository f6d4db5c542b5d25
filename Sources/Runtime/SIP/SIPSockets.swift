import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import SIP

/// The sockets for SIP on one event loop. Not thread-safe: used on that loop alone.
final class SIPSockets {
    let loop: any EventLoop
    private var datagrams: [(local: Primitives.SocketAddress, channel: any Channel)] = []
    private var listeners: [any Channel] = []
    private var connections: [UInt64: any Channel] = [:]
    /// Sent before the connection was up; bounded.
    private var waiting: [UInt64: [[UInt8]]] = [:]
    /// Connections of ours, up or being opened, by where to.
    private var routes: [SIPRoute: UInt64] = [:]
    private var sources: [UInt64: IPAddress] = [:]
    /// How many connections each address has opened.
    private var shares: [IPAddress: Int] = [:]
    private var lastConnection: UInt64 = 0
    /// Most connections at a time; more are closed at once.
    private let maximumConnections: Int
    /// Most of them that one address may open.
    private let share: Int
    let tls: SIPTLS?

    private static let maximumWaiting = 64
    /// Bytes that may wait for a peer that reads slowly; its connection is closed when there are more.
    static let streamBacklog = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20)
    /// Bytes that may wait for the network; datagrams are dropped when there are more.
    static let datagramBacklog = ChannelOptions.Types.WriteBufferWaterMark(low: 1 << 20, high: 4 << 20)

    init(loop: any EventLoop, maximumConnections: Int = 10_000, tls: SIPTLS? = nil) {
        self.loop = loop
        self.maximumConnections = maximumConnections
        share = max(64, maximumConnections / 2)
        self.tls = tls
    }

    func adopt(datagram channel: any Channel, local: Primitives.SocketAddress) {
        datagrams.append((local, channel))
    }

    func adopt(listener channel: any Channel) { listeners.append(channel) }

    /// An incoming connection gets its number; nil when there are too many, of all or of its source.
    func adopt(connection channel: any Channel, from source: IPAddress) -> UInt64? {
        guard connections.count + waiting.count < maximumConnections, shares[source, default: 0] < share else {
            return nil
        }
        lastConnection += 1
        connections[lastConnection] = channel
        sources[lastConnection] = source
        shares[source, default: 0] += 1
        return lastConnection
    }

    func forget(_ connection: UInt64) {
        connections[connection] = nil
        waiting[connection] = nil
        if let source = sources.removeValue(forKey: connection) {
            let left = shares[source, default: 1] - 1
            shares[source] = left > 0 ? left : nil
        }
        if let route = routes.first(where: { $0.value == connection })?.key { routes[route] = nil }
    }

    /// The listening socket of the peer's family, the one bound to `local` where there is one.
    private func channel(from local: Primitives.SocketAddress?, to remote: Primitives.SocketAddress) -> (any Channel)? {
        datagrams.first { $0.local == local }?.channel
            ?? datagrams.first { $0.local.ip.isV6 == remote.ip.isV6 && $0.local.ip.isLoopback == remote.ip.isLoopback }?
            .channel
            ?? datagrams.first { $0.local.ip.isV6 == remote.ip.isV6 }?.channel
    }

    func send(
        _ bytes: [UInt8], to remote: Primitives.SocketAddress, from local: Primitives.SocketAddress?
    ) {
        guard let channel = channel(from: local, to: remote), channel.isWritable, let address = try? remote.forNIO
        else { return }
        let buffer = channel.allocator.buffer(bytes: bytes)
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
    }

    /// False when the connection is gone.
    func send(_ bytes: [UInt8], connection: UInt64) -> Bool {
        if let queued = waiting[connection] {
            guard queued.count < SIPSockets.maximumWaiting else { return false }
            waiting[connection] = queued + [bytes]
            return true
        }
        guard let channel = connections[connection] else { return false }
        guard channel.isWritable else {
            channel.close(promise: nil)
            return true
        }
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
        return true
    }

    /// Asks a WebSocket peer for a sign of life.
    func pingWebSocket(_ connection: UInt64) {
        connections[connection]?.triggerUserOutboundEvent(SIPWebSocketHandler.Ping(), promise: nil)
    }

    func close(_ connection: UInt64) { connections[connection]?.close(promise: nil) }

    // MARK: Connections of ours

    /// Finds the connection along a route, or opens it; what is sent before it is up waits. `sipConnected` or
    /// `sipUnreachable` follows.
    func connect(_ route: SIPRoute, delegate: any SIPSocketDelegate) -> UInt64 {
        if let connection = routes[route] { return connection }
        lastConnection += 1
        let connection = lastConnection
        let isFull = connections.count + waiting.count >= maximumConnections
        waiting[connection] = []
        routes[route] = connection
        let bound = NIOLoopBound(self, eventLoop: loop)
        guard !isFull, let address = try? route.remote.forNIO, route.transport != .tls || tls != nil else {
            loop.execute { bound.value.failed(connection, route, "no connection may be opened", delegate: delegate) }
            return connection
        }
        let isUp = loop.makePromise(of: Void.self)
        let tls = NIOLoopBound(tls, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.writeBufferWaterMark, value: SIPSockets.streamBacklog)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let name = route.serverName, let tls = tls.value {
                        try tls.secure(channel, towards: name, verified: isUp)
                    } else {
                        isUp.succeed()
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        SIPStreamHandler(delegate: delegate, number: connection))
                }
            }
            .connect(to: address)
            .flatMapError { error in
                isUp.fail(error)
                return bound.eventLoop.makeFailedFuture(error)
            }
            .flatMap { channel in
                isUp.futureResult.map { channel }.flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
            }
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.opened(connection, channel, route, delegate: delegate)
                case .failure(let error): bound.value.failed(connection, route, "\(error)", delegate: delegate)
                }
            }
        return connection
    }

    private func failed(_ connection: UInt64, _ route: SIPRoute, _ reason: String, delegate: any SIPSocketDelegate) {
        forget(connection)
        delegate.sipUnreachable(route, reason)
    }

    private func opened(
        _ connection: UInt64, _ channel: any Channel, _ route: SIPRoute, delegate: any SIPSocketDelegate
    ) {
        guard channel.isActive, let local = Primitives.SocketAddress(channel.localAddress) else {
            return failed(connection, route, "closed at once", delegate: delegate)
        }
        connections[connection] = channel
        let bytes = waiting.removeValue(forKey: connection) ?? []
        delegate.sipConnected(connection, route, local: local)
        channel.closeFuture.whenComplete { _ in delegate.sipClosed(connection) }
        for bytes in bytes { _ = send(bytes, connection: connection) }
    }

    func closeAll() {
        for channel in listeners + datagrams.map(\.channel) + connections.values { channel.close(promise: nil) }
        listeners = []
        datagrams = []
        connections = [:]
        waiting = [:]
        routes = [:]
    }
}
