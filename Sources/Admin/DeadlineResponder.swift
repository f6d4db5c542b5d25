import HTTPTypes
import Hummingbird

/// Gives up a request that is not there, or not answered, in time; and sees to it that no answer to HEAD has a body
/// (RFC 9110 section 9.3.2).
struct DeadlineResponder: HTTPResponder {
    let router: RouterResponder<APIContext>
    let limit: Duration

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let response = try await answer(to: request, context)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(to request: Request, _ context: APIContext) async throws -> Response {
        try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await router.respond(to: request, context: context) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let response = first { return response }
            context.hangUp()
            return try Problem(.requestTimeout, "timeout", "The request took too long.", endsConnection: true)
                .response()
        }
    }
}
