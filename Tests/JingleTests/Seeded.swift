import MediaDescription
import Primitives

extension SplitMix64 {
    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func bool() -> Bool { Bool.random(using: &self) }

    mutating func word(_ length: ClosedRange<Int> = 1...12) -> String {
        let alphabet = Array("abcXYZ0129-._<>&'\"ü/+=")
        return String((0..<int(length)).map { _ in alphabet[int(0...alphabet.count - 1)] })
    }

    mutating func list<T>(_ count: ClosedRange<Int>, _ make: (inout SplitMix64) -> T) -> [T] {
        (0..<int(count)).map { _ in make(&self) }
    }

    mutating func address() -> SocketAddress {
        let ip: IPAddress = bool() ? .v4(UInt32.random(in: 1 ... .max, using: &self)) : .v6(high: next(), low: next())
        return SocketAddress(ip, UInt16(int(1...65535)))
    }

    /// A description of everything that Jingle can say.
    mutating func description() -> SessionDescription {
        var contents: [ContentDescription] = []
        for index in 0..<int(1...3) { contents.append(content("\(index)\(word())")) }
        let groups = bool() ? [ContentGroup(semantics: "BUNDLE", names: contents.map(\.name))] : []
        return SessionDescription(groups: groups, contents: contents)
    }

    private mutating func content(_ name: String) -> ContentDescription {
        let ice = ICEParameters(
            ufrag: word(4...8), pwd: word(22...32), isLite: int(0...9) == 0, options: bool() ? ["trickle"] : [])
        let kinds: [MediaKind] = [.audio, .video, .other("application")]
        let isTimed = bool()
        var content = ContentDescription(
            name: name, kind: kinds[int(0...2)], creator: bool() ? .initiator : .responder,
            direction: StreamDirection.allCases[int(0...3)], codecs: codecs(),
            feedback: list(0...2) { RTCPFeedback(type: $0.word(), subtype: $0.bool() ? $0.word() : nil) },
            headerExtensions: list(0...3) { $0.headerExtension() },
            sources: list(0...2) { random in
                MediaSource(
                    ssrc: UInt32.random(in: 0 ... .max, using: &random),
                    parameters: random.list(0...2) { Parameter($0.word(), $0.word() + " " + $0.word()) })
            },
            rtcpMux: bool(), ptime: isTimed ? int(1...120) : nil, maxptime: isTimed ? int(1...120) : nil, ice: ice,
            candidates: list(0...5) { $0.candidate() })
        if bool() {
            content.fingerprints = list(1...2) { Fingerprint(hash: "sha-256", bytes: $0.bytes(32)) }
            content.setup = SetupRole.allCases[int(0...3)]
        }
        if int(0...3) == 0 {
            content.cryptos = list(1...2) {
                SDESCrypto(
                    tag: $0.int(1...9), suite: $0.word(), keyParameters: "inline:" + $0.word(),
                    sessionParameters: $0.bool() ? $0.word() : "")
            }
        }
        let hasFeedback = !content.feedback.isEmpty || content.codecs.contains { !$0.feedback.isEmpty }
        content.profile =
            if !content.fingerprints.isEmpty { .dtlsSAVPF } else if !content.cryptos.isEmpty {
                hasFeedback ? .savpf : .savp
            } else { hasFeedback ? .avpf : .avp }
        return content
    }

    private mutating func codecs() -> [Codec] {
        var numbers = Array(UInt8(0)...127)
        numbers.shuffle(using: &self)
        return numbers.prefix(int(1...6)).map { number in
            if int(0...5) == 0 {
                return bool()
                    ? Codec(payloadType: number, name: "CN", clockRate: 8000)
                    : Codec(
                        payloadType: number, name: "red", clockRate: 48_000, channels: 2,
                        parameters: [Parameter("", "111/111")])
            }
            return Codec(
                payloadType: number, name: word(), clockRate: int(1...96_000), channels: int(1...2),
                parameters: list(0...3) { Parameter($0.bool() ? $0.word() : "", $0.word()) },
                feedback: list(0...2) {
                    $0.int(0...4) == 0
                        ? RTCPFeedback(type: "trr-int", subtype: String($0.int(0...500)))
                        : RTCPFeedback(type: $0.word(), subtype: $0.bool() ? $0.word() : nil)
                })
        }
    }

    private mutating func headerExtension() -> HeaderExtension {
        let directions: [StreamDirection] = [.sendrecv, .sendonly, .recvonly]
        return HeaderExtension(id: int(1...255), uri: "urn:" + word(), direction: directions[int(0...2)])
    }

    mutating func candidate() -> CandidateDescription {
        CandidateDescription(
            foundation: word(), component: int(1...2), transport: bool() ? "udp" : "tcp",
            priority: UInt32.random(in: 0 ... .max, using: &self), address: address(),
            kind: CandidateDescription.Kind.allCases[int(0...3)], relatedAddress: bool() ? address() : nil,
            generation: int(0...3), network: int(0...3), id: word(),
            extensions: bool() ? [Parameter("tcptype", "active")] : [])
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}
