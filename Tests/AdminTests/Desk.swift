import Conference
import HTTPTypes
import Hummingbird
import Logging
import Primitives
import Synchronization

@testable import Admin

/// An API in front of a domain of the test's own, asked without a socket.
struct Desk {
    static let token = "a-token-of-the-tests-own"

    let responder: DeadlineResponder
    private let house = House()

    init(_ calls: Int = 0, deadline: Duration = .seconds(5)) {
        let house = house
        let routes = APIRoutes(
            tokens: TokenList([Redacted("another-token-beside-it"), Redacted(Desk.token)]),
            failures: TokenFailures(clock: { house.now }))
        let desk = CallDesk(
            calls: { house.conference.withLock { $0.ongoingCalls } },
            call: { id in house.conference.withLock { $0.ongoingCall(id) } },
            operate: { house.operate($0) })
        CallRoutes(desk: desk).add(to: routes)
        responder = routes.responder(deadline: deadline)
        for number in 0..<calls { house.bridged(number) }
    }

    var id: String { house.conference.withLock { $0.ongoingCalls.first?.id.text ?? "" } }
    var hungUp: Int { house.hungUp.withLock { $0 } }
    var live: Int { house.conference.withLock { $0.liveLegCount } }

    func pass(_ duration: Duration) { house.time.withLock { $0 += duration } }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, token: String? = "Bearer \(Desk.token)", body: String? = nil,
        type: String = "application/json", from peer: IPAddress = .loopback4
    ) async throws -> (status: Int, headers: HTTPFields, body: String) {
        let bytes = ByteBuffer(string: body ?? "")
        return try await ask(
            method, path, token: token, stream: RequestBody(buffer: bytes), type: body == nil ? nil : type, from: peer)
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, token: String? = "Bearer \(Desk.token)", stream: RequestBody,
        type: String?, from peer: IPAddress = .loopback4
    ) async throws -> (status: Int, headers: HTTPFields, body: String) {
        var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
        head.headerFields[.authorization] = token
        head.headerFields[.contentType] = type
        let house = house
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger[metadataKey: "hb.request.id"] = "1"
        let context = APIContext(logger: logger, peer: peer) { house.hungUp.withLock { $0 += 1 } }
        let response = try await responder.respond(to: Request(head: head, body: stream), context: context)
        let sink = Sink()
        try await response.body.write(sink)
        return (response.status.code, response.headers, sink.text.withLock { $0 })
    }
}

/// The domain behind it, and a clock.
private final class House: Sendable {
    let conference: Mutex<Conference>
    let time = Mutex(Instant.zero)
    let hungUp = Mutex(0)

    init() {
        var configuration = ConferenceConfiguration(
            talkDomain: "talk.localhost", roomsDomain: "rooms.localhost", gatewayDomain: "sip.localhost",
            bridgedDomains: ["localhost"], rooms: [], historyLength: 3,
            routes: [
                GatewayRoute(pattern: "10?", host: "127.0.0.1:5080"), GatewayRoute(pattern: "+49*", host: "t.example"),
            ])
        configuration.calling = CallingConfiguration(
            classes: NumberClasses(NumberPlan(international: "00", national: "0", country: "49")))
        configuration.calling.rules = [CallingRule(.everyone, [.national])]
        conference = Mutex(Conference(configuration: configuration, entropy: .seeded(1)))
    }

    var now: Instant { time.withLock { $0 } }

    func operate(_ wish: OperatorWish) -> OperatorOutcome? {
        for case .operated(_, let outcome) in tell(.operate(OperatorRequestID(1), wish)) { return outcome }
        return nil
    }

    /// Alice's call to a phone, up.
    func bridged(_ number: Int) {
        let leg = LegID(UInt64(1000 + number))
        let call = IncomingCall(
            caller: PeerAddress(.xmpp, user: "alice", host: "localhost", resource: "phone"), displayName: "Alice",
            callee: PeerAddress(.xmpp, user: "100", host: "sip.localhost"), takesText: true)
        for case .dial(let other, _) in tell(.legOffered(leg, call)) {
            _ = tell(.legAnswered(other))
            _ = tell(.legAnswered(leg))
        }
    }

    private func tell(_ command: Command) -> [Effect] {
        let now = now
        return conference.withLock {
            $0.handle(command, at: now, wall: WallTime(milliseconds: 1_800_000_000_000))
        }
    }
}

private final class Sink: ResponseBodyWriter, Sendable {
    let text = Mutex("")
    func write(_ buffer: ByteBuffer) async throws { text.withLock { $0 += String(buffer: buffer) } }
    func finish(_: HTTPFields?) async throws {}
}
