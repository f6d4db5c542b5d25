import NIOCore
import Primitives

/// Hands datagrams to the control loop.
final class SIPDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let delegate: any SIPSocketDelegate
    private let local: Primitives.SocketAddress

    init(delegate: any SIPSocketDelegate, local: Primitives.SocketAddress) {
        self.delegate = delegate
        self.local = local
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let remote = Primitives.SocketAddress(envelope.remoteAddress) else { return }
        delegate.sipDatagram(Array(envelope.data.readableBytesView), from: remote, to: local)
    }

    /// An ICMP error of an earlier datagram is no reason to close the socket.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Hands the bytes of a connection to the control loop.
final class SIPStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let delegate: any SIPSocketDelegate
    private let number: UInt64

    init(delegate: any SIPSocketDelegate, number: UInt64) {
        self.delegate = delegate
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        delegate.sipBytes(Array(unwrapInboundIn(data).readableBytesView), connection: number)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
