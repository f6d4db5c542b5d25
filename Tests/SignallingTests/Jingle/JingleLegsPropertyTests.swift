import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Whatever comes in whichever order, the contract with the domain and with the wire holds.
@Suite struct JingleLegsPropertyTests {
    typealias H = JingleHarness

    @Test(arguments: UInt64(0)..<150)
    func anyOrderOfEventsKeepsTheContract(seed: UInt64) throws {
        var random = SplitMix64(seed)
        var h = JingleHarness()
        var live: Set<LegID> = []
        var dialled: UInt64 = 0
        var domainIDs = LegIDs(.conference)

        func note(_ commands: [Command]) {
            for command in commands {
                guard let leg = command.jingleLeg else { continue }
                switch command {
                case .legOffered: #expect(live.insert(leg).inserted, "offered twice")
                case .legEnded: #expect(live.remove(leg) != nil, "ended \(leg) that was not there")
                default: #expect(live.contains(leg), "\(command.jingleBrief) of \(leg) that is not there")
                }
            }
        }

        for _ in 0..<120 {
            switch random.pick(0...11) {
            case 0...5:
                let stanza = try stanza(&random, &h)
                guard h.legs.handles(stanza) else { continue }
                let isRequest = stanza.name == "iq" && stanza["type"] == "set"
                h.sent = []
                note(h.receive(stanza))
                let replies = h.sent.filter { $0["id"] == stanza["id"] && $0.name == "iq" }
                #expect(replies.count == (isRequest ? 1 : 0))
                if isRequest { #expect(h.sent.first?["id"] == stanza["id"], "the answer goes first") }
            case 6:
                guard let leg = live.sorted().randomElement(using: &random) else { continue }
                let effects: [Effect] = [
                    .ring(leg), .accept(leg), .accept(leg), .setDirection(leg, .sendonly),
                    .setDirection(leg, .sendrecv), .end(leg, .busy),
                ]
                let effect = effects[random.pick(0...effects.count - 1)]
                note(h.perform(effect))
                if case .end = effect { live.remove(leg) }
            case 7:
                dialled += 1
                let leg = domainIDs.next()
                live.insert(leg)
                let call = OutgoingCall(
                    target: PeerAddress(
                        .xmpp, user: "romeo", host: "example.net", resource: random.pick(0...3) == 0 ? "phone" : nil),
                    caller: PeerAddress(.xmpp, user: "demo", host: "talk.example.org"), displayName: nil, isFocus: true)
                note(h.perform(.dial(leg, call)))
                if random.pick(0...1) == 0 { h.legs.search(leg, now: h.now) }
            case 8: note(h.pass(.seconds(random.pick(0...20))))
            case 9, 10: for answer in h.devices(&random) { note(h.receive(answer)) }
            default: note(h.wake())
            }
        }
        for leg in live.sorted() {
            note(h.perform(.end(leg, .hangup)))
            live.remove(leg)
        }
        note(h.pass(.seconds(600)))
        #expect(h.legs.legs.isEmpty && h.legs.bySID.isEmpty && h.legs.requests.isEmpty)
        #expect(h.legs.nextWake == nil && h.legs.searching.isEmpty && h.legs.questions.count == 0)
        #expect(h.media.closed == h.media.controlling.count)
    }

    /// One of a few sids and peers, so that things meet; sometimes about a session of ours.
    private func stanza(_ random: inout SplitMix64, _ h: inout JingleHarness) throws -> XMLElement {
        var sids = ["a", "b", "c", "~d"]
        sids += h.legs.bySID.keys.sorted()
        let sid = sids[random.pick(0...sids.count - 1)]
        let from = ["romeo@example.net/phone", "romeo@example.net/laptop", "mallory@example.com/x"][random.pick(0...2)]
        let to = [H.focus, H.focus, H.room, H.number + "/gw"][random.pick(0...3)]
        if random.pick(0...3) == 0 {
            let kinds: [JMIMessage.Kind] = [
                .propose([.audio]), .propose([.audio]), .ringing, .proceed, .reject, .retract, .finish, .accept,
            ]
            var message = try h.message(
                kinds[random.pick(0...kinds.count - 1)], sid, from: from, to: to, reason: JingleReason(.cancel))
            if random.pick(0...9) == 0 { message["type"] = "error" }
            return message
        }
        if random.pick(0...3) == 0, let request = h.legs.requests.values.keys.sorted().randomElement(using: &random) {
            let peer = h.legs.requests[request]?.peer.description ?? from
            return XMLElement(
                "iq", Namespace.client,
                ["type": random.pick(0...2) == 0 ? "error" : "result", "id": request, "from": peer, "to": to])
        }
        let contents = [
            [H.group("0"), H.content(candidates: [5000])], [H.content(codec: "speex")], [],
            [H.content(setup: "active")],
            [H.group("0", "1"), H.content(), H.content("1", media: "video", codec: "VP8")],
            [JingleReason(.success).xml], [H.anew("new\(random.pick(0...3))", random.pick(0...1) == 0 ? [] : [5001])],
            [XMLElement("hold", JingleNamespace.rtpInfo)],
        ]
        let actions =
            JingleAction.allCases + [
                .sessionInitiate, .sessionInitiate, .sessionAccept, .sessionAccept, .transportInfo, .transportInfo,
            ]
        return h.iq(
            H.jingle(
                actions[random.pick(0...actions.count - 1)], sid, contents[random.pick(0...contents.count - 1)]),
            from: from, to: to)
    }
}

extension JingleHarness {
    /// Presence of a device or two, and what they say that they can do.
    fileprivate mutating func devices(_ random: inout SplitMix64) -> [XMLElement] {
        sent = []
        for device in ["phone", "laptop"] where random.pick(0...1) == 0 {
            notice("romeo@example.net/\(device)", random.pick(0...5) == 0 ? "unavailable" : nil)
        }
        return sent.filter { $0["type"] == "get" }.compactMap { question in
            random.pick(0...4) == 0
                ? nil : JingleHarness.abilities(question, knowsProposals: random.pick(0...1) == 0)
        }
    }
}

extension SplitMix64 {
    mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}
