import Primitives

@testable import ICE

/// A peer made by hand: sends checks as it likes and answers those of the agent.
struct FakePeer {
    let credentials = ICECredentials(ufrag: "fake", pwd: "fakefakefakefakefakefake")
    var agent: ICEAgent
    var now = Instant.zero
    var events: [ICEEvent] = []
    /// Checks of the agent that were not answered yet.
    var asked: [(packet: ICEPacket, message: STUNMessage)] = []
    /// Answers to our checks.
    var answers: [STUNMessage] = []
    var isSilent = false
    let local: SocketAddress = "192.0.2.1:4000"
    private var count: UInt64 = 0

    init(role: ICERole, isLite: Bool = false, candidates: [SocketAddress]) {
        agent = ICEAgent(credentials: .random(.seeded(1)), role: role, entropy: .seeded(2), hashing: .test)
        agent.addLocalCandidate(.host(local), now: now)
        events += agent.setRemote(credentials, isLite: isLite, now: now)
        let described = candidates.enumerated().map { Candidate.host($1, index: $0) }
        events += agent.addRemoteCandidates(described, now: now)
        collect()
    }

    mutating func collect() {
        for packet in agent.drain() {
            guard let message = try? STUNMessage(decoding: packet.bytes) else { continue }
            if message.messageClass == .request { asked.append((packet, message)) } else { answers.append(message) }
        }
    }

    /// Answers all checks so far.
    mutating func answerAll() {
        while !asked.isEmpty {
            let (packet, message) = asked.removeFirst()
            let answer = STUNMessage(.success, message.transactionID, [.xorMappedAddress(packet.local)])
            receive(
                answer.encoded(key: Array(credentials.pwd.utf8), hashing: .test), from: packet.remote)
        }
    }

    mutating func receive(_ bytes: [UInt8], from address: SocketAddress) {
        events += agent.receive(bytes, from: address, to: local, now: now)
        collect()
    }

    /// A request to the agent.
    mutating func request(
        _ attributes: [STUNAttribute], username: String? = nil, password: String? = nil
    ) -> [UInt8] {
        count += 1
        let name = username ?? "\(agent.localCredentials.ufrag):\(credentials.ufrag)"
        let message = STUNMessage(
            .request, STUNTransactionID(high: 9, low: count), [.username(name), .priority(0x6e00_0000)] + attributes)
        return message.encoded(key: Array((password ?? agent.localCredentials.pwd).utf8), hashing: .test)
    }

    mutating func check(from address: SocketAddress, _ attributes: [STUNAttribute]) {
        let bytes = request(attributes)
        receive(bytes, from: address)
    }

    /// Lets time pass, waking the agent when it asks for it.
    mutating func pass(_ duration: Duration) {
        let end = now + duration
        while let wake = agent.nextWake, wake <= end {
            now = max(now, wake)
            events += agent.wake(now: now)
            collect()
            if !isSilent { answerAll() }
        }
        now = end
    }

    /// The code of the last answer; 0 for success.
    var lastCode: Int? {
        answers.last.map { answer in
            for case .errorCode(let code, _) in answer.attributes { return code }
            return 0
        }
    }
}
