import NIOCore
import NIOPosix
import Primitives

/// UDP and TCP sockets for SIP on one event loop. Not thread-safe: used on that loop alone.
final class SIPSockets {
    private let loop: any EventLoop
    private var datagrams: [(local: Primitives.SocketAddress, channel: any Channel)] = []
    private var listeners: [any Channel] = []
    private var connections: [UInt64: any Channel] = [:]
    /// Sent before the connection was up; bounded.
    private var waiting: [UInt64: [[UInt8]]] = [:]
    /// Connections that are being opened, by where to.
    private var opening: [Primitives.SocketAddress: UInt64] = [:]
    private var lastConnection: UInt64 = 0
    /// Most TCP connections at a time; more are closed at once.
    private let maximumConnections: Int

    private static let maximumWaiting = 64
    /// Bytes that may wait for a peer that reads slowly; its connection is closed when there are more.
    static let streamBacklog = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20)
    /// Bytes that may wait for the network; datagrams are dropped when there are more.
    static let datagramBacklog = ChannelOptions.Types.WriteBufferWaterMark(low: 1 << 20, high: 4 << 20)

    init(loop: any EventLoop, maximumConnections: Int = 10_000) {
        self.loop = loop
        self.maximumConnections = maximumConnections
    }

    /// Where SIP is received, in the order of the settings.
    var locals: [Primitives.SocketAddress] { datagrams.map(\.local) }

    func adopt(datagram channel: any Channel, local: Primitives.SocketAddress) {
        datagrams.append((local, channel))
    }

    func adopt(listener channel: any Channel) { listeners.append(channel) }

    /// An incoming connection gets its number; nil when there are too many.
    func adopt(connection channel: any Channel) -> UInt64? {
        guard connections.count + waiting.count < maximumConnections else { return nil }
        lastConnection += 1
        connections[lastConnection] = channel
        return lastConnection
    }

    func forget(_ connection: UInt64) {
        connections[connection] = nil
        waiting[connection] = nil
        if let remote = opening.first(where: { $0.value == connection })?.key { opening[remote] = nil }
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
        if let channel = connections[connection] {
            guard channel.isWritable else {
                channel.close(promise: nil)
                return true
            }
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
            return true
        }
        guard let queued = waiting[connection], queued.count < SIPSockets.maximumWaiting else { return false }
        waiting[connection] = queued + [bytes]
        return true
    }

    /// Closes one connection.
    func close(_ connection: UInt64) {
        connections[connection]?.close(promise: nil)
    }

    /// Opens a connection, or finds the one that is being opened; what is sent meanwhile waits. `sipClosed` comes if it
    /// fails.
    func connect(to remote: Primitives.SocketAddress, delegate: any SIPSocketDelegate) -> UInt64 {
        if let connection = opening[remote] { return connection }
        lastConnection += 1
        let connection = lastConnection
        let isFull = connections.count + waiting.count >= maximumConnections
        waiting[connection] = []
        opening[remote] = connection
        let bound = NIOLoopBound(self, eventLoop: loop)
        guard !isFull, let address = try? remote.forNIO else {
            loop.execute { delegate.sipClosed(connection, remote: remote) }
            return connection
        }
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: SIPSockets.streamBacklog)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SIPStreamHandler(delegate: delegate, number: connection, remote: remote))
                }
            }
            .connect(to: address)
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.opened(connection, channel, delegate: delegate)
                case .failure:
                    bound.value.forget(connection)
                    delegate.sipClosed(connection, remote: remote)
                }
            }
        return connection
    }

    private func opened(_ connection: UInt64, _ channel: any Channel, delegate: any SIPSocketDelegate) {
        connections[connection] = channel
        opening = opening.filter { $0.value != connection }
        if let remote = Primitives.SocketAddress(channel.remoteAddress),
            let local = Primitives.SocketAddress(channel.localAddress)
        {
            delegate.sipConnected(connection, remote: remote, local: local)
        }
        for bytes in waiting.removeValue(forKey: connection) ?? [] { _ = send(bytes, connection: connection) }
    }

    func closeAll() {
        for channel in listeners + datagrams.map(\.channel) + connections.values { channel.close(promise: nil) }
        listeners = []
        datagrams = []
        connections = [:]
        waiting = [:]
        opening = [:]
    }
}
