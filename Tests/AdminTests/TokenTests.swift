import HTTPTypes
import Hummingbird
import Primitives
import Testing

@testable import Admin

@Suite struct TokenTests {
    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer wrong", "Bearer \(Desk.token)x",
        "Bearer \(Desk.token.dropLast())", "Bearer \(Desk.token)\(Desk.token)", "\(Desk.token)",
    ])
    func withoutTheTokenNothingIsSaid(credentials: String?) async throws {
        let desk = Desk(1)
        for path in ["/v1/calls", "/v1/calls/\(desk.id)", "/nowhere"] {
            let refused = try await desk.ask(.get, path, token: credentials)
            #expect(refused.status == 401 && refused.headers[.contentType] == "application/problem+json")
            #expect(refused.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            #expect(refused.headers[.connection] == "close")
        }
        #expect(try await desk.ask(.delete, "/v1/calls/\(desk.id)", token: credentials).status == 401)
        #expect(desk.live == 2)
    }

    @Test func anyTokenOfTheListIsTaken() async throws {
        let desk = Desk()
        for token in ["another-token-beside-it", Desk.token] {
            #expect(try await desk.ask(.get, "/v1/calls", token: "bearer  \(token)").status == 200)
        }
    }

    @Test func whoTriesTokensIsTurnedAwayAndTheRightOneIsStillTaken() async throws {
        let desk = Desk()
        for _ in 0..<FailedTokens.burst {
            #expect(try await desk.ask(.get, "/v1/calls", token: "Bearer guess").status == 401)
        }
        let refused = try await desk.ask(.get, "/v1/calls", token: "Bearer guess")
        #expect(refused.status == 429 && refused.headers[.retryAfter] == "60")
        #expect(try await desk.ask(.get, "/v1/calls", token: "Bearer guess", from: .loopback6).status == 401)
        #expect(try await desk.ask(.get, "/v1/calls").status == 200)
        desk.pass(.seconds(6))
        #expect(try await desk.ask(.get, "/v1/calls", token: "Bearer guess").status == 401)
        #expect(try await desk.ask(.get, "/v1/calls", token: "Bearer guess").status == 429)
    }

    @Test func whoTriesFromEverywhereFillsNoMemory() {
        var failed = FailedTokens()
        for number in 0..<UInt32(5000) {
            let isTooMany = failed.note(.v4(number), at: .zero)
            #expect(!isTooMany)
        }
        // The one who failed most is not the one who is forgotten.
        for _ in 0..<FailedTokens.burst { _ = failed.note(.loopback4, at: .zero) }
        for number in 0..<UInt32(5000) { _ = failed.note(.v4(number), at: .zero) }
        let isTooMany = failed.note(.loopback4, at: .zero)
        #expect(isTooMany)
        #expect(failed.count <= FailedTokens.mostPeers)
    }

    @Test func noTokensOpenNothing() {
        #expect(TokenList([]).place(of: []) == nil)
        #expect(TokenList([Redacted("")]).place(of: []) == nil)
        #expect(TokenList([Redacted("ab"), Redacted("abab")]).place(of: Array("abab".utf8)) == 2)
    }

    @Test func aBodyThatDoesNotComeIsNotWaitedFor() async throws {
        let desk = Desk(1, deadline: .milliseconds(20))
        let (stream, source) = AsyncStream<ByteBuffer>.makeStream()
        let late = try await desk.ask(
            .post, "/v1/calls/\(desk.id)/participants", stream: RequestBody(asyncSequence: stream),
            type: "application/json")
        source.finish()
        #expect(late.status == 408 && late.headers[.connection] == "close" && desk.hungUp == 1)
    }
}
