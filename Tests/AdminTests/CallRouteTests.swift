import Foundation
import HTTPTypes
import Testing

@testable import Admin

@Suite struct CallRouteTests {
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func callsAreListedAndShown() async throws {
        let desk = Desk(2)
        let (status, headers, body) = try await desk.ask(.get, "/v1/calls")
        #expect(status == 200 && headers[.contentType] == "application/json" && headers[.cacheControl] == "no-store")
        let calls = try #require(try object(body)["calls"] as? [[String: Any]])
        #expect(calls.count == 2)
        let one = try await desk.ask(.get, "/v1/calls/\(desk.id)")
        let call = try object(one.body)
        #expect(one.status == 200 && call["id"] as? String == desk.id && call["state"] as? String == "connected")
        #expect(call["caller"] as? [String: String] == ["address": "alice@localhost/phone", "network": "xmpp"])
        #expect(call["callee"] as? [String: String] == ["address": "100@127.0.0.1:5080", "network": "sip"])
        #expect(call["dialled"] as? String == "100@sip.localhost" && call["room"] == nil)
        #expect(call["connected"] as? String == "2027-01-15T08:00:00.000Z")
        let participants = try #require(call["participants"] as? [[String: String]])
        #expect(participants.map { $0["status"] } == ["connected", "connected"])
        #expect(participants.first?["name"] == "Alice")
    }

    @Test func noCallsAreAnEmptyList() async throws {
        #expect(try await Desk().ask(.get, "/v1/calls").body == #"{"calls":[]}"#)
    }

    @Test func aThirdIsCalledIn() async throws {
        let desk = Desk(1)
        let path = "/v1/calls/\(desk.id)/participants"
        let added = try await desk.ask(.post, path, body: #"{"address": "+4930123"}"#)
        #expect(added.status == 202)
        let answer = try object(added.body)
        #expect(answer["detail"] as? String == "Calling +4930123.")
        let call = try #require(answer["call"] as? [String: Any])
        #expect((call["participants"] as? [Any])?.count == 3 && call["room"] is String)
        #expect(try object(try await desk.ask(.get, "/v1/calls/\(desk.id)").body)["room"] is String)
    }

    @Test(arguments: [
        (#"{"address": "+49900123"}"#, 403, "closed"), (#"{"address": "999"}"#, 403, "forbidden"),
        (#"{"address": "100"}"#, 409, "present"), (#"{"address": ""}"#, 400, "malformed"),
        (#"{"address": 7}"#, 400, "malformed"), ("{", 400, "malformed"), ("", 400, "malformed"),
        (String(repeating: "[", count: 4000), 400, "malformed"),
    ])
    func whatMayNotBeIsToldAsAProblem(body: String, status: Int, code: String) async throws {
        let desk = Desk(1)
        let refused = try await desk.ask(.post, "/v1/calls/\(desk.id)/participants", body: body)
        #expect(refused.status == status && refused.headers[.contentType] == "application/problem+json")
        let problem = try object(refused.body)
        #expect(problem["status"] as? Int == status && problem["code"] as? String == code)
        #expect(problem["type"] as? String == "about:blank" && problem["title"] is String)
        #expect((problem["detail"] as? String)?.isEmpty == false)
        #expect(desk.live == 2)
    }

    @Test func theDomainsWordsAreTold() async throws {
        let desk = Desk(1)
        let refused = try await desk.ask(
            .post, "/v1/calls/\(desk.id)/participants", body: #"{"address": "+49900123"}"#)
        #expect(try (object(refused.body)["detail"] as? String)?.contains("premium numbers are closed to you") == true)
    }

    @Test func aCallIsEnded() async throws {
        let desk = Desk(1)
        let id = desk.id
        let ended = try await desk.ask(.delete, "/v1/calls/\(id)")
        #expect(ended.status == 204 && ended.body.isEmpty && desk.live == 0)
        #expect(try await desk.ask(.delete, "/v1/calls/\(id)").status == 404)
        #expect(try await desk.ask(.get, "/v1/calls/\(id)").status == 404)
        #expect(try await desk.ask(.post, "/v1/calls/\(id)/participants", body: #"{"address":"100"}"#).status == 404)
    }

    @Test(arguments: ["/", "/v1", "/v2/calls", "/v1/calls/x/y", "/v1/calls/%00%ff", "//", "/v1/calls/../calls/x/y"])
    func whereNothingIsNothingIsFound(path: String) async throws {
        let found = try await Desk(1).ask(.get, path)
        #expect(found.status == 404 && found.headers[.contentType] == "application/problem+json")
    }

    @Test func otherMethodsAreToldWhichThereAre() async throws {
        let desk = Desk(1)
        let post = try await desk.ask(.post, "/v1/calls", body: "{}")
        #expect(post.status == 405 && post.headers[.allow] == "GET, HEAD")
        let get = try await desk.ask(.get, "/v1/calls/\(desk.id)/participants")
        #expect(get.status == 405 && get.headers[.allow] == "POST")
        let head = try await desk.ask(.head, "/v1/calls")
        #expect(head.status == 200 && head.body.isEmpty && head.headers[.contentLength] != "0")
        let none = try await desk.ask(.head, "/v1/calls/none")
        #expect(none.status == 404 && none.body.isEmpty)
    }

    @Test func aBodyOfAnotherTypeIsNotTaken() async throws {
        let desk = Desk(1)
        let path = "/v1/calls/\(desk.id)/participants"
        let form = try await desk.ask(.post, path, body: "address=100", type: "application/x-www-form-urlencoded")
        #expect(form.status == 415 && form.headers[.accept] == "application/json")
        #expect(try await desk.ask(.post, path).status == 415)
        let typed = try await desk.ask(
            .post, path, body: #"{"address":"101"}"#, type: "Application/JSON ; charset=utf-8")
        #expect(typed.status == 202)
    }

    @Test func aBodyHasAnEnd() async throws {
        let desk = Desk(1)
        let body = #"{"address": "\#(String(repeating: "1", count: 5000))"}"#
        let refused = try await desk.ask(.post, "/v1/calls/\(desk.id)/participants", body: body)
        #expect(refused.status == 413 && refused.headers[.connection] == "close" && desk.hungUp == 1)
    }
}
