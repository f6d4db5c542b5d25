import Glibc
import MediaSecurity
import Primitives
import Testing
import XMPP

@testable import LoadGenerator

/// The server that components connect to.
struct ComponentHostTests {
    /// A component that connects with this secret, and talks until the stream is ready or lost.
    private func connect(_ host: ComponentHost, port: UInt16, secret: String) throws -> (ComponentStream, Int32) {
        var stream = ComponentStream(
            configuration: ComponentStreamConfiguration(domain: "talk.example.org", secret: Redacted(secret)),
            hashing: .openSSL, entropy: .seeded(2))
        stream.start(now: .zero)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in.of(0x7f00_0001, port)
        let connected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        _ = stream.drain()
        stream.connected(now: .zero)
        for _ in 0..<6 {
            for output in stream.drain() {
                if case .send(let bytes) = output {
                    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                }
            }
            for known in host.descriptors { _ = host.readable(known) }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 { stream.receive(bytes[..<count], now: .zero) }
        }
        return (stream, descriptor)
    }

    private func host() throws -> (ComponentHost, UInt16) {
        let probe = try MediaSocket(.loopback4)
        let host = try ComponentHost(probe.address, secret: Redacted("right"), entropy: .seeded(1))
        return (host, probe.address.port)
    }

    @Test func aComponentThatKnowsTheSecretIsConnected() throws {
        let (host, port) = try host()
        let (stream, descriptor) = try connect(host, port: port, secret: "right")
        defer { close(descriptor) }
        #expect(stream.isReady)
        #expect(host.isConnected("talk.example.org"))
        #expect(!host.isConnected("other.example.org"))
    }

    @Test func oneThatDoesNotIsTurnedAway() throws {
        let (host, port) = try host()
        let (stream, descriptor) = try connect(host, port: port, secret: "wrong")
        defer { close(descriptor) }
        #expect(!stream.isReady)
        #expect(!host.isConnected("talk.example.org"))
    }
}
