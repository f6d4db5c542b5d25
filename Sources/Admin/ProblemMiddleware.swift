import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// What goes wrong behind it is told as problem documents.
struct ProblemMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            let problem = problem(of: error, context)
            if problem.endsConnection { context.hangUp() }
            return try problem.response()
        }
    }

    private func problem(of error: any Error, _ context: APIContext) -> Problem {
        if let problem = error as? Problem { return problem }
        if let error = error as? HTTPError { return Problem(error) }
        context.logger.error("api: \(error)")
        return Problem(.internalServerError, "failed", "Something went wrong; the log says more.")
    }
}
