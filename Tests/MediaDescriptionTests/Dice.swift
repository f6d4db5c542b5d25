import MediaDescription
import Primitives

extension SplitMix64 {
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func chance(_ one: Int) -> Bool { below(one) == 0 }

    mutating func word(_ length: Int = 6) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABC0123456789-")
        return String((0...below(length)).map { _ in letters[below(letters.count)] })
    }

    mutating func some<T>(upTo count: Int, _ make: (inout SplitMix64) -> T) -> [T] {
        (0..<below(count + 1)).map { _ in make(&self) }
    }

    mutating func maybe<T>(_ make: (inout SplitMix64) -> T) -> T? { chance(2) ? make(&self) : nil }

    mutating func ip() -> IPAddress {
        chance(2) ? .v4(UInt32(truncatingIfNeeded: next())) : .v6(high: next(), low: next())
    }

    mutating func address() -> SocketAddress { SocketAddress(ip(), UInt16(1 + below(65_535))) }

    mutating func direction() -> StreamDirection { StreamDirection.allCases[below(4)] }

    mutating func feedback() -> RTCPFeedback {
        RTCPFeedback(type: word(), subtype: maybe { "\($0.word()) \($0.word())" })
    }

    mutating func codecs() -> [Codec] {
        var left = Array(0...127)
        return (0...below(6)).map { _ in
            if chance(6) {
                let number = UInt8(left.remove(at: below(left.count)))
                return chance(3)
                    ? Codec(payloadType: number, name: "CN", clockRate: 8000)
                    : Codec(
                        payloadType: number, name: "red", clockRate: 48_000, channels: 2,
                        parameters: [Parameter("", "111/111")])
            }
            return
                Codec(
                    payloadType: UInt8(left.remove(at: below(left.count))), name: word(), clockRate: 1 + below(192_000),
                    channels: 1 + below(3),
                    parameters: some(upTo: 3) {
                        $0.chance(3) ? Parameter("", $0.word()) : Parameter($0.word(), "\($0.word())=\($0.word())")
                    }, feedback: some(upTo: 2) { $0.feedback() })
        }
    }

    mutating func candidate() -> CandidateDescription {
        CandidateDescription(
            foundation: word(), component: 1 + below(256), transport: chance(3) ? "tcp" : "udp",
            priority: UInt32(truncatingIfNeeded: next()), address: address(),
            kind: CandidateDescription.Kind.allCases[below(4)], relatedAddress: maybe { $0.address() },
            generation: below(3), network: below(3),
            extensions: some(upTo: 2) { Parameter("x\($0.word())", $0.word()) })
    }

    mutating func content(_ index: Int, isLite: Bool) -> ContentDescription {
        var content = ContentDescription(name: chance(4) ? "" : "\(word())\(index)")
        content.kind = [.audio, .video, .other("text")][below(3)]
        content.direction = direction()
        content.isRejected = chance(5)
        if chance(5) {
            content.profile = .unknown
            content.opaque = OpaqueFormats(profile: "TCP/MSRP", formats: ["*", word()])
        } else {
            content.profile = TransportProfile.allCases.filter { $0 != .unknown }[below(6)]
            content.codecs = codecs()
        }
        content.feedback = some(upTo: 2) { $0.feedback() }
        content.headerExtensions = some(upTo: 3) {
            HeaderExtension(id: 1 + $0.below(14), uri: "urn:\($0.word())", direction: $0.direction())
        }
        var ssrc: UInt32 = 0
        content.sources = some(upTo: 2) {
            ssrc += UInt32(1 + $0.below(1_000_000))
            return MediaSource(
                ssrc: ssrc,
                parameters: [Parameter("cname", $0.word())] + $0.some(upTo: 1) { Parameter("msid", "\($0.word()) a:b") }
            )
        }
        content.rtcpMux = chance(2)
        content.ptime = maybe { 1 + $0.below(120) }
        content.maxptime = maybe { 1 + $0.below(120) }
        if !content.isRejected { content.address = address() }
        content.rtcpAddress = maybe { $0.address() }
        if isLite || chance(2) {
            content.ice = ICEParameters(
                ufrag: word(), pwd: word(32), isLite: isLite, options: some(upTo: 2) { $0.word() })
        }
        content.candidates = some(upTo: 4) { $0.candidate() }
        content.endOfCandidates = chance(3)
        content.fingerprints = some(upTo: 2) { dice in
            Fingerprint(hash: "sha-256", bytes: (0..<32).map { _ in UInt8(truncatingIfNeeded: dice.next()) })
        }
        content.setup = maybe { SetupRole.allCases[$0.below(4)] }
        content.cryptos = some(upTo: 2) {
            SDESCrypto(
                tag: $0.below(9), suite: "AES_CM_128_HMAC_SHA1_80", keyParameters: "inline:\($0.word())",
                sessionParameters: $0.chance(2) ? "" : "KDR=1 UNENCRYPTED_SRTP")
        }
        return content
    }

    mutating func description() -> SessionDescription {
        let isLite = chance(4)
        let origin = Origin(
            username: word(), sessionID: next(), version: next(), address: ip().description)
        var contents: [ContentDescription] = []
        for index in 0..<below(4) { contents.append(content(index, isLite: isLite)) }
        return SessionDescription(
            origin: origin,
            groups: some(upTo: 2) { dice in
                ContentGroup(semantics: "BUNDLE", names: dice.some(upTo: 3) { $0.word() })
            }, contents: contents)
    }
}
