import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@Suite struct JingleCodecTests {
    @Test(arguments: [Creator.initiator, .responder])
    func whatIsDescribedComesBack(party: Creator) throws {
        for seed in UInt64(0)..<400 {
            var random = SplitMix64(seed)
            let description = random.description()
            let element = JingleElement(
                party == .initiator ? .sessionInitiate : .sessionAccept, sid: "s\(seed)", groups: description.groups,
                contents: JingleCodec.contents(of: description, by: party))
            let parsed = try JingleElement(element.xml)
            #expect(parsed == element)
            #expect(try JingleCodec.description(of: parsed, by: party) == description)
        }
    }

    @Test func anOfferOfConversationsIsUnderstood() throws {
        let offer = try JingleCodec.description(of: JingleElement(Samples.conversationsOffer), by: .initiator)
        #expect(offer.groups == [ContentGroup(semantics: "BUNDLE", names: ["0"])])
        let audio = try #require(offer.contents.first)
        #expect(audio.kind == .audio)
        #expect(audio.profile == .dtlsSAVPF)
        #expect(audio.direction == .sendrecv)
        #expect(audio.setup == .actpass)
        #expect(audio.rtcpMux)
        #expect(audio.codecs.map(\.name) == ["opus", "red", "telephone-event"])
        #expect(audio.codecs.first?.parameters == [Parameter("minptime", "10"), Parameter("useinbandfec", "1")])
        #expect(audio.codecs.first?.feedback == [RTCPFeedback(type: "transport-cc")])
        #expect(audio.codecs[1].parameters == [Parameter("", "111/111")])
        #expect(audio.headerExtensions.first?.id == 1)
        #expect(audio.sources.first?.parameters.last == Parameter("msid", "a b"))
        #expect(audio.ice == ICEParameters(ufrag: "abcd", pwd: "0123456789012345678901", options: ["trickle"]))
        #expect(audio.fingerprints.first?.bytes.count == 32)
        #expect(audio.candidates.isEmpty)
    }

    @Test func directionIsAsTheDescriberSeesIt() {
        #expect(Senders(.sendonly, seenBy: .initiator) == .initiator)
        #expect(Senders(.sendonly, seenBy: .responder) == .responder)
        for direction in StreamDirection.allCases {
            for party in [Creator.initiator, .responder] {
                #expect(Senders(direction, seenBy: party).direction(seenBy: party) == direction)
                #expect(Senders(direction, seenBy: party).direction(seenBy: party.other) == direction.reversed)
            }
        }
    }

    @Test func aRejectedContentIsLeftOut() {
        let description = SessionDescription(contents: [
            ContentDescription(name: "a"), ContentDescription(name: "v", kind: .video, isRejected: true),
        ])
        #expect(JingleCodec.contents(of: description, by: .responder).map(\.name) == ["a"])
    }

    @Test func noParameterGoesOutThatClientsRefuse() throws {
        let codec = Codec(
            payloadType: 111, name: "opus", clockRate: 48_000, channels: 2,
            parameters: [Parameter("empty", ""), Parameter("spaced", "a b"), Parameter("good", "1")])
        let content = JingleCodec.contents(
            of: SessionDescription(contents: [ContentDescription(name: "0", codecs: [codec])]), by: .initiator)
        let payload = try #require(content.first?.description?.child("payload-type"))
        #expect(payload.children(named: "parameter").map { $0["name"] } == ["good"])
    }

    @Test func aCandidateWithoutAnIDGetsOne() throws {
        var random = SplitMix64(7)
        var candidate = random.candidate()
        candidate.id = ""
        let content = JingleCodec.transportInfo([candidate], of: ICEParameters(ufrag: "u", pwd: "p"), name: "0")
        let id = content.transport?.child("candidate")?["id"]
        #expect(id?.isEmpty == false)
    }

    @Test func aCandidateThatCannotBeUsedIsSkipped() {
        var random = SplitMix64(3)
        let good = JingleCodec.transportInfo(
            [random.candidate()], of: ICEParameters(ufrag: "u", pwd: "p"), name: "0")
        let wild: [(String, String?)] = [
            ("ip", "4d8c5a5b.local"), ("ip", nil), ("ip", "1.2.3.999"), ("port", "65536"), ("port", "-1"),
            ("port", "0"),
            ("port", nil), ("priority", "4294967296"), ("priority", "x"), ("component", "0"),
            ("component", "99999999999999999999"), ("type", "magic"), ("type", nil), ("foundation", ""),
            ("protocol", nil), ("foundation", String(repeating: "f", count: 2000)),
        ]
        #expect(JingleCodec.candidates(in: good).candidates.count == 1)
        for (name, value) in wild {
            var content = good
            var transport = good.transport
            guard var candidate = transport?.child("candidate") else { continue }
            candidate[name] = value
            transport?.children = [.element(candidate)]
            content.transport = transport
            #expect(JingleCodec.candidates(in: content).candidates.isEmpty, "\(name)=\(value ?? "nil")")
        }
    }

    @Test func aFloodIsCutOff() throws {
        var random = SplitMix64(11)
        var flood = ContentDescription(name: "0")
        flood.ice = ICEParameters(ufrag: "u", pwd: "p")
        flood.candidates = (0..<500).map { _ in random.candidate() }
        flood.headerExtensions = (1...200).map { HeaderExtension(id: $0, uri: "urn:x") }
        flood.sources = (0..<500).map { MediaSource(ssrc: UInt32($0)) }
        flood.fingerprints = (0..<200).map { _ in Fingerprint(hash: "sha-256", bytes: [1]) }
        flood.codecs = [
            Codec(
                payloadType: 1, name: "x", clockRate: 8000, parameters: (0..<999).map { Parameter("n\($0)", "v") })
        ]
        let element = JingleElement(
            .sessionInitiate, sid: "s",
            contents: JingleCodec.contents(of: SessionDescription(contents: [flood]), by: .initiator))
        let content = try #require(JingleCodec.description(of: element, by: .initiator).contents.first)
        #expect(content.candidates.count == 100)
        #expect(content.headerExtensions.count == JingleLimits.items)
        #expect(content.sources.count == JingleLimits.items)
        #expect(content.fingerprints.count == JingleLimits.items)
        #expect(content.codecs.first?.parameters.count == JingleLimits.items)
    }

    @Test func wildNumbersAndMissingAttributesLeaveAGapNotAFault() throws {
        let payloads: [KeyValuePairs<String, String?>] = [
            ["id": "128", "name": "a", "clockrate": "8000"], ["id": "-1", "name": "a"], ["name": "a"],
            ["id": "96"], ["id": "99999999999999999999", "name": "a"],
            ["id": "97", "name": "b", "clockrate": "99999999999999999999", "channels": "-4"],
            ["id": "0"], ["id": "97", "name": "again"],
        ]
        let description = XMLElement("description", JingleNamespace.rtp, ["media": "audio"]) {
            payloads.map { XMLElement("payload-type", JingleNamespace.rtp, $0) }
        }
        let element = JingleElement(
            .sessionInitiate, sid: "s",
            contents: [
                JingleContent(
                    name: "0", description: description, transport: XMLElement("transport", JingleNamespace.iceUDP))
            ])
        let content = try #require(JingleCodec.description(of: element, by: .initiator).contents.first)
        #expect(
            content.codecs == [
                Codec(payloadType: 97, name: "b", clockRate: 8000),
                Codec(payloadType: 0, name: "PCMU", clockRate: 8000),
            ])
        #expect(content.ice == nil)
    }

    @Test func otherApplicationsAndTransportsAreTold() throws {
        let element = JingleElement(
            .sessionInitiate, sid: "s",
            contents: [
                JingleContent(
                    name: "file", description: XMLElement("description", "urn:xmpp:jingle:apps:file-transfer:5"),
                    transport: XMLElement("transport", "urn:xmpp:jingle:transports:s5b:1", ["ufrag": "u", "pwd": "p"]))
            ])
        let content = try #require(JingleCodec.description(of: element, by: .initiator).contents.first)
        #expect(content.kind == .other("urn:xmpp:jingle:apps:file-transfer:5"))
        #expect(content.profile == .unknown)
        #expect(content.ice == nil)
    }

    @Test func randomlyBrokenOffersNeverTrap() {
        for seed in UInt64(0)..<600 {
            var random = SplitMix64(seed)
            let description = random.description()
            var xml = JingleElement(
                .sessionInitiate, sid: "s", groups: description.groups,
                contents: JingleCodec.contents(of: description, by: .initiator)
            ).xml
            for _ in 0..<random.int(1...12) { mutate(&xml, &random, depth: 0) }
            if let element = try? JingleElement(xml) {
                _ = try? JingleCodec.description(of: element, by: .initiator)
                for content in element.contents { _ = JingleCodec.candidates(in: content) }
            }
        }
    }

    private func mutate(_ element: inout XMLElement, _ random: inout SplitMix64, depth: Int) {
        if depth < 5, !element.children.isEmpty, random.int(0...3) > 0 {
            let index = random.int(0...element.children.count - 1)
            if case .element(var child) = element.children[index] {
                if random.int(0...9) == 0 {
                    element.children.remove(at: index)
                } else {
                    mutate(&child, &random, depth: depth + 1)
                    element.children[index] = .element(child)
                }
                return
            }
            element.children[index] = .text(random.word(0...40))
        } else if !element.attributes.isEmpty {
            let index = random.int(0...element.attributes.count - 1)
            let wild = ["", "-1", "99999999999999999999999", "0x10", "ü", String(repeating: "9", count: 3000)]
            switch random.int(0...2) {
            case 0: element.attributes.remove(at: index)
            case 1: element.attributes[index].value = wild[random.int(0...wild.count - 1)]
            default: element.namespace = random.word()
            }
        } else {
            element.name = random.word()
        }
    }
}
