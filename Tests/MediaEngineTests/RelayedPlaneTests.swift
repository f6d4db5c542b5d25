import Conference
import Glibc
import ICE
import Logging
import MediaDescription
import MediaSecurity
import Primitives
import Testing

@testable import MediaEngine

/// A media plane and a TURN server of a few lines, on loopback sockets.
@Suite(.serialized) struct RelayedPlaneTests {
    private let relayed = SocketAddress(.v4(0xcb00_7107), 49_160)
    private let server: UDPSocket

    init() throws { server = try UDPSocket(bind: SocketAddress(.loopback4, 0)) }

    private func place(_ name: String) -> ICEServerAddress {
        ICEServerAddress(
            ICEServer(
                .turn, host: "127.0.0.1", port: server.local.port, transport: .udp,
                login: .user(name, password: Redacted("secret"))), at: server.local)
    }

    /// Answers what the plane asks until the condition holds: every Allocate, under the user it names.
    private func run(_ plane: MediaPlane, until isDone: () -> Bool) throws -> [String] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { buffer.deallocate() }
        var users: [String] = []
        let end = MonotonicClock.now + .seconds(10)
        while !isDone(), MonotonicClock.now < end {
            while case .datagram(let length, let source, _) = server.descriptor.receive(into: buffer) {
                guard let request = try? STUNMessage(decoding: Array(buffer[..<length])) else { continue }
                var user: String?
                for case .username(let text) in request.attributes { user = text }
                if let user { users.append(user) }
                let bytes = answer(request, user)
                bytes.withUnsafeBytes { server.descriptor.send($0, to: source) }
            }
            usleep(2000)
            plane.answerBell()
            if let due = plane.nextWake, due <= MonotonicClock.now { plane.wake(now: MonotonicClock.now) }
        }
        return users
    }

    private func answer(_ request: STUNMessage, _ user: String?) -> [UInt8] {
        let id = request.transactionID
        guard request.method != STUNMessage.binding else {
            let mapped = SocketAddress(.v4(0xcb00_7101), 40_000)
            return STUNMessage(.success, id, [.xorMappedAddress(mapped)]).encoded(key: nil, hashing: .openSSL)
        }
        guard let user else {
            return STUNMessage(
                .error, method: request.method, id,
                [.errorCode(401, reason: "No"), .realm("example"), .nonce("nonce")]
            ).encoded(key: nil, hashing: .openSSL)
        }
        let key = Hashing.openSSL.md5(Array("\(user):example:secret".utf8))
        // XOR-RELAYED-ADDRESS: family 1, port and address with the cookie.
        let address: [UInt8] = [0, 1, 0xc0 ^ 0x21, 0x08 ^ 0x12, 0xcb ^ 0x21, 0x00 ^ 0x12, 0x71 ^ 0xa4, 0x07 ^ 0x42]
        return STUNMessage(
            .success, method: request.method, id,
            [.other(type: 0x0016, value: address), .other(type: 0x000d, value: [0, 0, 2, 88])]
        ).encoded(key: key, hashing: .openSSL)
    }

    @Test func aCallIsOfferedTheRelayAndTheMapping() throws {
        let plane = try MediaPlane.onLoopback()
        plane.use([place("alice")])
        _ = try run(plane) { plane.traversal.candidates(plane.shared.map(\.local)).count == 2 }
        let local = try plane.openICE(LegID(1), isControlling: false)
        guard case .ice(_, let candidates, _) = local.transport else { return #expect(Bool(false), "no ICE") }
        #expect(candidates.map(\.kind) == [.host, .srflx, .relay])
        #expect(candidates.last?.address == relayed)
        plane.use([])
        let again = try plane.openICE(LegID(2), isControlling: false)
        guard case .ice(_, let left, _) = again.transport else { return #expect(Bool(false), "no ICE") }
        #expect(left.map(\.kind) == [.host])
        plane.stop()
    }

    @Test func aLoginThatChangedHoldsForTheNextAllocation() throws {
        let plane = try MediaPlane.onLoopback()
        plane.use([place("alice")])
        let first = try run(plane) { plane.traversal.relays.first??.client.relayed.isEmpty == false }
        #expect(Set(first) == ["alice"])
        plane.use([place("bob")])
        plane.wakeTraversal(MonotonicClock.now + .seconds(545))
        #expect(plane.traversal.relays.count == 1)
        #expect(plane.traversal.relays.first??.client.relayed == [relayed])
        #expect(plane.traversal.relays.first??.client.credentials.username == "bob")
        plane.stop()
    }
}
