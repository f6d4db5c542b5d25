import MediaEngine
import NIOCore

extension ControlLoop {
    /// What `BellHandler` reads.
    var bellDescriptor: Int32 { media.bellDescriptor }

    /// The media threads rang.
    nonisolated func mediaRang() {
        assumeIsolated {
            $0.media.answerBell()
            $0.settle([])
        }
    }
}

/// Reads the bell's pipe on the control loop.
final class BellHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let control: ControlLoop

    init(_ control: ControlLoop) { self.control = control }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { control.mediaRang() }
}
