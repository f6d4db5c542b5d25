import Hummingbird
import Logging
import NIOCore
import Primitives

/// What is known of a request beside itself.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who sent it: a client, or the proxy before it.
    let peer: IPAddress?
    /// The place in the list of the token that it came with, from 1.
    var token: Int?
    /// Has its connection closed once the answer is on its way.
    let hangUp: @Sendable () -> Void

    init(source: ApplicationRequestContextSource) {
        let channel = source.channel
        self.init(
            logger: source.logger,
            peer: channel.remoteAddress?.ipAddress.flatMap { IPAddress($0.prefix { $0 != "%" })?.unmapped }
        ) {
            // What the client still sends is not read to its end; the answer gets a moment to arrive.
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
    }

    init(logger: Logger, peer: IPAddress?, hangUp: @escaping @Sendable () -> Void) {
        coreContext = CoreRequestContextStorage(source: Origin(logger: logger))
        self.peer = peer
        self.hangUp = hangUp
    }

    private struct Origin: RequestContextSource { let logger: Logger }
}
