import HTTPTypes
import Hummingbird

/// What the API answers to. Whatever goes wrong in it comes out as a problem document, and nothing is answered without a
/// token.
struct APIRoutes {
    typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    /// Longest time for a request and its answer.
    static let deadline = Duration.seconds(5)
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    private let router = Router(context: APIContext.self)

    init(tokens: TokenList, failures: TokenFailures) {
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: TokenMiddleware(tokens: tokens, failures: failures))
    }

    func responder(deadline: Duration = APIRoutes.deadline) -> DeadlineResponder {
        DeadlineResponder(router: router.buildResponder(), limit: deadline)
    }

    /// Answers to some methods at a path, HEAD being GET without its body, and says of others which those are (RFC 9110
    /// section 15.5.6).
    func serve(_ path: RouterPath, _ handlers: [HTTPRequest.Method: Handler]) {
        var allowed = Set(handlers.keys.map(\.rawValue))
        if handlers[.get] != nil { allowed.insert("HEAD") }
        let allow = allowed.sorted().joined(separator: ", ")
        for method in APIRoutes.methods {
            let handler = handlers[method == .head ? .get : method]
            router.on(path, method: method) { request, context in
                guard let handler else {
                    throw Problem(
                        .methodNotAllowed, "method-not-allowed", "This takes \(allow).", headers: [.allow: allow])
                }
                return try await handler(request, context)
            }
        }
    }
}
