import NIOCore
import NIOHTTP1
import NIOWebSocket
import SIP

/// SIP over one WebSocket: a message is a frame, or the frames of one fragmented message (RFC 7118 section 5).
final class SIPWebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    /// Sent down the pipeline: asks the peer for a sign of life (RFC 6455 section 5.5.2).
    struct Ping: Sendable {}

    private let delegate: any SIPSocketDelegate
    private let number: UInt64
    private var isClosing = false

    init(delegate: any SIPSocketDelegate, number: UInt64) {
        self.delegate = delegate
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !isClosing else { return }
        switch frame.opcode {
        case .text, .binary: delegate.sipMessage(Array(frame.unmaskedData.readableBytesView), connection: number)
        case .ping:
            send(context, .pong, frame.unmaskedData)
            delegate.sipAlive(number)
        case .pong: delegate.sipAlive(number)
        case .connectionClose: close(context, frame.unmaskedData.getSlice(at: 0, length: 2))
        default: close(context, .protocolError)
        }
    }

    /// Text where it is UTF-8, as browsers like it best; binary where it is not (RFC 7118 section 5).
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        let isText = String(validating: bytes.readableBytesView, as: UTF8.self) != nil
        let frame = WebSocketFrame(fin: true, opcode: isText ? .text : .binary, data: bytes)
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Ping else { return context.triggerUserOutboundEvent(event, promise: promise) }
        send(context, .ping, context.channel.allocator.buffer(capacity: 0))
        promise?.succeed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isTooLarge =
            switch error {
            case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
                true
            default: false
            }
        close(context, isTooLarge ? .messageTooLarge : .protocolError)
    }

    private func send(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        close(context, data)
    }

    /// Says goodbye, and closes once it is said.
    private func close(_ context: ChannelHandlerContext, _ data: ByteBuffer?) {
        guard !isClosing else { return }
        isClosing = true
        let frame = WebSocketFrame(
            fin: true, opcode: .connectionClose, data: data ?? context.channel.allocator.buffer(capacity: 0))
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(frame)).whenComplete { _ in channel.close(promise: nil) }
    }
}

/// Closes the connection of a client that does not mask its frames (RFC 6455 section 5.1).
final class MaskedFramesOnly: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard unwrapInboundIn(data).maskKey != nil || unwrapInboundIn(data).length == 0 else {
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
    }
}

/// Refuses what is HTTP and no WebSocket for SIP.
final class NoWebSocketHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        let headers = HTTPHeaders([
            ("Upgrade", "websocket"), ("Connection", "close"), ("Sec-WebSocket-Protocol", "sip"),
            ("Content-Length", "0"),
        ])
        let response = HTTPResponseHead(version: head.version, status: .upgradeRequired, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A WebSocket that is none for us is answered below like all other requests.
        if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
    }
}
