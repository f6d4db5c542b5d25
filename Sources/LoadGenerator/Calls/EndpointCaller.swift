import Glibc
import Primitives

/// RTP without signalling: where to send is read as JSON lines, `{"remote": "127.0.0.1:20000", "payload-type": 100}`.
///
/// `participant` (from 0) says whose it is, else it is the next one's; `local-port` asks for a port of its own.
final class EndpointCaller: Caller {
    struct Endpoint: Hashable {
        var participant: Int?
        var remote: SocketAddress
        var payloadType: UInt8?
        var localPort: UInt16
        var levelID: UInt8?

        /// From one line.
        init(_ line: String) throws(LoadError) {
            guard let value = JSONValue(parsing: line), let text = value["remote"]?.text,
                let colon = text.lastIndex(of: ":"), let ip = IPAddress(text[..<colon]),
                let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { throw LoadError("no endpoint: \(line)") }
            remote = SocketAddress(ip, port)
            payloadType = value["payload-type"]?.number.flatMap { UInt8(exactly: $0) }.map { $0 & 0x7f }
            localPort = value["local-port"]?.number.flatMap { UInt16(exactly: $0) } ?? 0
            participant = value["participant"]?.number.flatMap { Int(exactly: $0) }
            levelID = value["level-id"]?.number.flatMap { UInt8(exactly: $0) }
        }
    }

    private let options: LoadOptions
    private let pool: SocketPool
    private let entropy: Entropy
    private let local: IPAddress
    private var endpoints: [Int: Endpoint] = [:]
    private var joined: Set<Int> = []
    private var events: [CallEvent] = []

    let descriptors: [Int32] = []
    let nextWake: Instant? = nil
    let isReady = true
    var active: Int { joined.count }

    /// Reads all endpoints; with `announce` the local addresses are written to standard output before.
    init(_ options: LoadOptions, source: String, announce: Bool, pool: SocketPool, entropy: Entropy) throws(LoadError) {
        self.options = options
        self.pool = pool
        self.entropy = entropy
        local = options.localAddress ?? .loopback4
        if announce {
            for participant in 0..<options.participants {
                let number = try pool.shared(participant, local)
                print("{\"participant\": \(participant), \"local\": \"\(pool.sockets[number].address)\"}")
            }
            fflush(nil)
        }
        var next = 0
        for line in try EndpointCaller.lines(of: source, atMost: options.participants) {
            let endpoint = try Endpoint(line)
            endpoints[endpoint.participant ?? next] = endpoint
            next = (endpoint.participant ?? next) + 1
        }
    }

    private static func lines(of source: String, atMost count: Int) throws(LoadError) -> [String] {
        guard let file = fopen(source == "-" ? "/dev/stdin" : source, "r") else {
            throw LoadError("cannot open \(source)")
        }
        defer { fclose(file) }
        var lines: [String] = []
        var buffer = [CChar](repeating: 0, count: 4096)
        while lines.count < count, fgets(&buffer, Int32(buffer.count), file) != nil {
            let bytes = buffer.prefix { $0 != 0 && $0 != 10 && $0 != 13 }.map { UInt8(bitPattern: $0) }
            let line = String(decoding: bytes, as: UTF8.self)
            if !line.allSatisfy(\.isWhitespace) { lines.append(line) }
        }
        return lines
    }

    func join(_ participant: Int, now: Instant) {
        do throws(LoadError) {
            guard let endpoint = endpoints[participant] else { throw LoadError("no endpoint was given for it") }
            let socket =
                endpoint.localPort > 0
                ? try pool.own(local, port: endpoint.localPort) : try pool.shared(participant, local)
            joined.insert(participant)
            events.append(
                .joined(
                    Joined(
                        participant: participant, socket: socket, remote: endpoint.remote,
                        payloadType: endpoint.payloadType ?? options.codec.payloadType,
                        levelID: options.rest == .levels ? endpoint.levelID ?? 1 : nil, ssrc: entropy.u32() | 1)))
        } catch {
            events.append(.failed(participant: participant, error.description))
        }
    }

    func leave(_ participant: Int, now: Instant) { joined.remove(participant) }
    func readable(_ descriptor: Int32, now: Instant) {}
    func receive(_ stray: Stray, now: Instant) {}
    func wake(now: Instant) {}

    func takeEvents() -> [CallEvent] {
        defer { events = [] }
        return events
    }
}
