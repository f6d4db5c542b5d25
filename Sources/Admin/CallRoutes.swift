import Conference
import HTTPTypes
import Hummingbird
import Logging
import Primitives

/// `/v1/calls`: calls across the gateway.
struct CallRoutes {
    let desk: CallDesk

    func add(to api: APIRoutes) {
        api.serve("/v1/calls", [.get: list])
        api.serve("/v1/calls/:id", [.get: show, .delete: end])
        api.serve("/v1/calls/:id/participants", [.post: add])
    }

    @Sendable private func list(_: Request, _: APIContext) async throws -> Response {
        try .json(CallList(calls: await desk.calls().map(CallDocument.init)))
    }

    @Sendable private func show(_: Request, _ context: APIContext) async throws -> Response {
        guard let call = await desk.call(try id(context)) else { throw Problem(OperatorRefusal.noSuchCall) }
        return try .json(CallDocument(call))
    }

    @Sendable private func add(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context)
        let wanted = try await request.json(WantedParticipant.self)
        let words = try await done(.add(wanted.address, to: id))
        context.note("calls \(wanted.address) into the call \(id)")
        let call = await desk.call(id).map(CallDocument.init)
        return try .json(AddedParticipant(detail: words, call: call), status: .accepted)
    }

    @Sendable private func end(_: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context)
        _ = try await done(.end(id))
        context.note("ends the call \(id)")
        return Response(status: .noContent)
    }

    private func id(_ context: APIContext) throws -> CallID { CallID(try context.parameters.require("id")) }

    private func done(_ wish: OperatorWish) async throws -> String {
        switch await desk.operate(wish) {
        case .done(let words): return words
        case .refused(let refusal): throw Problem(refusal)
        case nil: throw Problem(.serviceUnavailable, "closing", "The server is closing.")
        }
    }
}

extension Problem {
    /// What the domain refuses.
    init(_ refusal: OperatorRefusal) {
        let status: HTTPResponse.Status =
            switch refusal.kind {
            case .noSuchCall, .notFound: .notFound
            case .malformed: .badRequest
            case .forbidden: .forbidden
            case .conflict: .conflict
            }
        self.init(status, refusal.word, refusal.text)
    }
}

extension APIContext {
    /// For the log: who did what.
    func note(_ deed: String) {
        logger.info("api: token \(token ?? 0), from \(peer.map { "\($0)" } ?? "-"), \(deed.loggable)")
    }
}
