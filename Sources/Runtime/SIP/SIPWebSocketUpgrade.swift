import NIOCore
import NIOHTTP1
import NIOWebSocket
import SIP

/// Makes a WebSocket for SIP out of an HTTP connection (RFC 7118 section 4).
struct SIPWebSocketUpgrade: Sendable {
    /// Origins of pages that may open one, in lower case; empty for all (RFC 6455 section 10.2).
    let origins: Set<String>

    /// Most bytes of one message.
    private static let maximum = SIPLimits.headerSection + SIPLimits.body

    /// Puts the handlers into a new connection.
    func configure(_ channel: any Channel, number: UInt64, delegate: any SIPSocketDelegate) throws {
        let origins = origins
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: SIPWebSocketUpgrade.maximum, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(SIPWebSocketUpgrade.answer(head, origins))
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(MaskedFramesOnly())
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: SIPWebSocketUpgrade.maximum))
                    try pipeline.addHandler(SIPWebSocketHandler(delegate: delegate, number: number))
                    delegate.sipAlive(number)
                }
            })
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    let pipeline = context.pipeline.syncOperations
                    guard let refusal = try? pipeline.handler(type: NoWebSocketHandler.self) else { return }
                    pipeline.removeHandler(refusal, promise: nil)
                }
            ))
        try channel.pipeline.syncOperations.addHandler(NoWebSocketHandler())
    }

    /// The headers of a 101; nil for a request that is not to have one: without the sub-protocol `sip`, or from a page
    /// that may not.
    private static func answer(_ head: HTTPRequestHead, _ origins: Set<String>) -> HTTPHeaders? {
        let protocols = head.headers[canonicalForm: "Sec-WebSocket-Protocol"].map { $0.lowercased() }
        guard protocols.contains("sip") else { return nil }
        if !origins.isEmpty, let origin = head.headers.first(name: "Origin")?.lowercased(), !origins.contains(origin) {
            return nil
        }
        return HTTPHeaders([("Sec-WebSocket-Protocol", "sip")])
    }
}
