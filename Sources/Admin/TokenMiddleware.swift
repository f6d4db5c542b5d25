import HTTPTypes
import Hummingbird
import Logging
import Primitives

/// Lets nobody pass without a token (RFC 6750 section 2.1).
struct TokenMiddleware: RouterMiddleware {
    let tokens: TokenList
    let failures: TokenFailures

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let credentials = request.headers[.authorization] else {
            throw Problem(
                .unauthorized, "no-token", "A token is wanted.", headers: [.wwwAuthenticate: #"Bearer realm="confab""#],
                endsConnection: true)
        }
        guard let shown = TokenMiddleware.token(in: credentials), let place = tokens.place(of: shown) else {
            throw await failures.note(context.peer, context.logger)
        }
        var context = context
        context.token = place
        return try await next(request, context)
    }

    /// What stands behind `Bearer`, whose case is nobody's business (RFC 9110 section 11.1).
    private static func token(in credentials: String) -> [UInt8]? {
        guard credentials.prefix(7).lowercased() == "bearer " else { return nil }
        return Array(credentials.dropFirst(7).drop { $0 == " " }.utf8)
    }
}

/// Counts wrong tokens for all connections.
actor TokenFailures {
    private var failed = FailedTokens()
    private let clock: @Sendable () -> Instant

    init(clock: @escaping @Sendable () -> Instant) { self.clock = clock }

    /// A wrong one. The first of an address stand in the log, one by one.
    func note(_ peer: IPAddress?, _ logger: Logger) -> Problem {
        guard failed.note(peer ?? .any4, at: clock()) else {
            logger.warning("api: wrong token from \(peer.map { "\($0)" } ?? "an unknown address")")
            return Problem(
                .unauthorized, "wrong-token", "That token is none.",
                headers: [.wwwAuthenticate: #"Bearer realm="confab", error="invalid_token""#], endsConnection: true)
        }
        return Problem(
            .tooManyRequests, "too-many-wrong-tokens", "Too many wrong tokens came from your address.",
            headers: [.retryAfter: "60"], endsConnection: true)
    }
}
