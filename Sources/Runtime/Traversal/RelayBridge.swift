import ICE
import NIOCore
import NIOPosix
import NIOSSL
import Primitives

/// A TCP or TLS connection to a TURN server, as a UDP address of this machine: what the media side sends there goes into
/// the stream, and what comes out of the stream goes to the media side. Lives on the control loop.
final class RelayBridge: Sendable {
    /// What became of the connection.
    enum Change: Sendable {
        case open(Primitives.SocketAddress)
        case closed(String)
    }

    private let loop: any EventLoop
    private let channels: NIOLoopBoundBox<(stream: (any Channel)?, datagrams: (any Channel)?, isOver: Bool)>
    private let tell: @Sendable (Change) -> Void

    /// - Parameters:
    ///   - near: the media side's address; datagrams from any other are ignored.
    ///   - tls: nil for TCP.
    ///   - tell: called on the loop; after `closed` nothing more comes.
    init(
        _ loop: any EventLoop, to server: Primitives.SocketAddress, name: String, tls: NIOSSLContext?,
        near: Primitives.SocketAddress, tell: @escaping @Sendable (Change) -> Void
    ) {
        self.loop = loop
        self.tell = tell
        channels = NIOLoopBoundBox((nil, nil, false), eventLoop: loop)
        open(server, name, tls, near)
    }

    private func open(
        _ server: Primitives.SocketAddress, _ name: String, _ tls: NIOSSLContext?, _ near: Primitives.SocketAddress
    ) {
        let (remote, nearby, own): (NIOCore.SocketAddress, NIOCore.SocketAddress, NIOCore.SocketAddress)
        do {
            (remote, nearby) = (try server.forNIO, try near.forNIO)
            own = try Primitives.SocketAddress(near.ip, 0).forNIO
        } catch { return end("\(error)") }
        let stream = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let serverName = IPAddress(name) == nil ? name : nil
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    try channel.pipeline.syncOperations.addHandler(StreamSide(self, near: nearby))
                }
            }
            .connect(to: remote)
        let datagrams = stream.flatMap { [loop] _ in
            DatagramBootstrap(group: loop)
                .channelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramSide(self, near: nearby))
                    }
                }
                .bind(to: own)
        }
        stream.and(datagrams).whenComplete { [self] result in
            switch result {
            case .success(let (stream, datagrams)):
                channels.value.stream = stream
                channels.value.datagrams = datagrams
                guard !channels.value.isOver, let address = Primitives.SocketAddress(datagrams.localAddress) else {
                    return close()
                }
                tell(.open(address))
            case .failure(let error):
                stream.whenSuccess { $0.close(promise: nil) }
                end("\(error)")
            }
        }
    }

    /// Ends the connection; nothing is told of it.
    func close() {
        channels.value.isOver = true
        channels.value.stream?.close(promise: nil)
        channels.value.datagrams?.close(promise: nil)
    }

    fileprivate func end(_ reason: String) {
        guard !channels.value.isOver else { return }
        close()
        tell(.closed(reason))
    }

    /// From the media side to the server. As UDP would, it loses what the connection does not take.
    fileprivate func up(_ datagram: ByteBuffer) {
        guard let stream = channels.value.stream, stream.isWritable else { return }
        let framed = TURNStreamFramer.framed(Array(datagram.readableBytesView))
        stream.writeAndFlush(stream.allocator.buffer(bytes: framed), promise: nil)
    }

    fileprivate func down(_ message: [UInt8], to near: NIOCore.SocketAddress) {
        guard let datagrams = channels.value.datagrams else { return }
        let data = datagrams.allocator.buffer(bytes: message)
        datagrams.writeAndFlush(AddressedEnvelope(remoteAddress: near, data: data), promise: nil)
    }
}

private final class StreamSide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let bridge: RelayBridge
    private let near: NIOCore.SocketAddress
    private var framer = TURNStreamFramer()

    init(_ bridge: RelayBridge, near: NIOCore.SocketAddress) {
        self.bridge = bridge
        self.near = near
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for message in try framer.receive(unwrapInboundIn(data).readableBytesView) {
                bridge.down(message, to: near)
            }
        } catch {
            bridge.end("what it sends is no TURN")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        bridge.end("the server closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { bridge.end("\(error)") }
}

private final class DatagramSide: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let bridge: RelayBridge
    private let near: NIOCore.SocketAddress

    init(_ bridge: RelayBridge, near: NIOCore.SocketAddress) {
        self.bridge = bridge
        self.near = near
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        if envelope.remoteAddress == near { bridge.up(envelope.data) }
    }

    /// An ICMP error of one datagram ends nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
