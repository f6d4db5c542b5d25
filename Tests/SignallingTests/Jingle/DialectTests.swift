import Conference
import Jingle
import MediaDescription
import Primitives
import Testing
import XMPP

@testable import Signalling

/// Calls as each client makes and takes them.
@Suite struct DialectTests {
    typealias H = JingleHarness
    var h = JingleHarness()
    let leg = LegID(1 << 56 | 1)

    private func element(
        _ name: String, _ namespace: String, _ attributes: [String: String] = [:], _ children: [XMLElement] = [],
        text: String? = nil
    ) -> XMLElement {
        var element = XMLElement(name, namespace, text: text)
        element.attributes = attributes.sorted { $0.key < $1.key }.map { XMLAttribute($0.key, $0.value) }
        element.children += children.map { .element($0) }
        return element
    }

    private func payload(_ id: Int, _ name: String, _ clockRate: Int, channels: Int = 1) -> XMLElement {
        element(
            "payload-type", JingleNamespace.rtp,
            ["id": "\(id)", "name": name, "clockrate": "\(clockRate)", "channels": "\(channels)"])
    }

    private var fingerprint: XMLElement {
        element(
            "fingerprint", JingleNamespace.dtls, ["hash": "sha-256", "setup": "actpass"],
            text: (0..<32).map { _ in "AB" }.joined(separator: ":"))
    }

    private func audio(
        _ name: String, _ payloads: [XMLElement], extra: [XMLElement] = [], transport: [XMLElement] = []
    ) -> XMLElement {
        element(
            "content", Namespace.jingle, ["creator": "initiator", "name": name, "senders": "both"],
            [
                element("description", JingleNamespace.rtp, ["media": "audio"], payloads + extra),
                element(
                    "transport", JingleNamespace.iceUDP, ["ufrag": "them", "pwd": "theirpasswordtheirpassword"],
                    [fingerprint] + transport),
            ])
    }

    private func initiate(_ sid: String, initiator: String, _ children: [XMLElement]) -> XMLElement {
        element(
            "jingle", Namespace.jingle, ["action": "session-initiate", "sid": sid, "initiator": initiator], children)
    }

    private mutating func dial() throws -> String {
        let call = OutgoingCall(
            target: PeerAddress(.xmpp, user: "romeo", host: "example.net"),
            caller: PeerAddress(.xmpp, user: "demo", host: "talk.example.org"), displayName: nil, isFocus: true)
        h.perform(.dial(leg, call))
        return try #require(h.legs.legs[leg]?.sid)
    }

    private func accept() throws -> XMLElement {
        try #require(
            h.sent.last { $0.child("jingle", Namespace.jingle)?["action"] == "session-accept" }?.elements.first)
    }

    /// No group, both components, SDES beside DTLS, no telephone-event; mute names the content, a failure has an
    /// underscore, and there is no `finish`.
    @Test mutating func dinoCalls() throws {
        let leg = try #require(h.receive(try h.message(.propose([.audio]), to: H.room)).first?.jingleLeg)
        h.perform(.accept(leg))
        let crypto = element(
            "crypto", JingleNamespace.rtp,
            [
                "tag": "1", "crypto-suite": "AES_CM_128_HMAC_SHA1_80",
                "key-params": "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            ])
        var second = H.candidate(5001)
        second["component"] = "2"
        let content = audio(
            "audio",
            [
                payload(112, "speex", 32000), payload(111, "opus", 48000, channels: 2), payload(9, "G722", 8000),
                payload(0, "PCMU", 8000),
            ],
            extra: [
                element("encryption", JingleNamespace.rtp, [:], [crypto]), element("rtcp-mux", JingleNamespace.rtp),
            ], transport: [H.candidate(5000), second])
        let answered = h.receive(h.iq(initiate("sid", initiator: H.romeo, [content])))
        #expect(answered.map(\.jingleBrief) == ["answered"])
        let accept = try accept()
        #expect(accept.child("group", JingleNamespace.grouping) == nil)
        let description = try #require(accept.child("content")?.child("description", JingleNamespace.rtp))
        #expect(description.child("encryption") == nil)
        #expect(description.children(named: "payload-type").first?["name"] == "opus")
        #expect(description.child("rtcp-mux") != nil)
        #expect(
            accept.child("content")?.child("transport", JingleNamespace.iceUDP)?.children(
                named: "fingerprint", JingleNamespace.dtls
            ).count
                == 1)
        let mute = element("mute", JingleNamespace.rtpInfo, ["name": "audio", "creator": "initiator"])
        let muted = h.receive(h.iq(H.jingle(.sessionInfo, "sid", [mute])))
        #expect(muted.map(\.jingleBrief) == ["direction recvonly"])
        let reason = element("reason", Namespace.jingle, [:], [element("failed_application", Namespace.jingle)])
        let ended = h.receive(h.iq(H.jingle(.sessionTerminate, "sid", [reason])))
        #expect(ended.map(\.jingleBrief) == ["ended failed(\"failed-application\")"])
    }

    /// It never says that it rings, and answers with one payload type.
    @Test mutating func dinoIsCalled() throws {
        let sid = try dial()
        h.receive(try h.message(.proceed, sid, from: H.romeo))
        #expect(h.take() == ["propose", "session-initiate"])
        var content = audio(
            "0", [payload(111, "opus", 48000, channels: 2)], extra: [element("rtcp-mux", JingleNamespace.rtp)])
        content = setup(content, "active")
        let accepted = h.receive(h.iq(H.jingle(.sessionAccept, sid, [content])))
        #expect(accepted.map(\.jingleBrief) == ["answered"])
    }

    private func setup(_ content: XMLElement, _ role: String) -> XMLElement {
        var content = content
        content.children = content.children.map { node in
            guard case .element(var child) = node, child.name == "transport" else { return node }
            child.children = child.children.map { inner in
                guard case .element(var print) = inner, print.name == "fingerprint" else { return inner }
                print["setup"] = role
                return .element(print)
            }
            return .element(child)
        }
        return content
    }

    /// The initiator is a bare JID, and everything is bundled; it hangs up thrice over.
    @Test mutating func movimCallsWithVideo() throws {
        let leg = try #require(h.receive(try h.message(.propose([.audio, .video]), to: H.room)).first?.jingleLeg)
        h.perform(.accept(leg))
        let offer = [H.group("0", "1"), H.content(), H.content("1", media: "video", codec: "VP8")]
        let answered = h.receive(h.iq(initiate("sid", initiator: "romeo@example.net", offer)))
        #expect(answered.map(\.jingleBrief) == ["answered"])
        let accept = try accept()
        #expect(accept.children(named: "content").compactMap { $0["name"] } == ["0", "1"])
        #expect(accept.children(named: "content").last?["senders"] == "none")
        #expect(accept.child("group", JingleNamespace.grouping)?.elements.compactMap { $0["name"] } == ["0", "1"])
        let video = element("mute", JingleNamespace.rtpInfo, ["name": "1"])
        #expect(h.receive(h.iq(H.jingle(.sessionInfo, "sid", [video]))).isEmpty)
        _ = h.take()
        let over = JingleReason(.success, text: "bye")
        let ended = h.receive(h.iq(H.jingle(.sessionTerminate, "sid", [over.xml])))
        #expect(ended.map(\.jingleBrief) == ["ended hangup"])
        #expect(h.receive(try h.message(.finish, to: H.focus, reason: over)).isEmpty)
        #expect(h.receive(try h.message(.retract, to: H.focus, reason: over)).isEmpty)
        #expect(h.take() == ["result", "finish success"])
    }

    /// Candidates inside of the initiate; terminate and finish.
    @Test mutating func monalCalls() throws {
        let leg = try #require(h.receive(try h.message(.propose([.audio]), to: H.room)).first?.jingleLeg)
        h.perform(.accept(leg))
        let answered = h.receive(
            h.iq(H.jingle(.sessionInitiate, "sid", [H.group("0"), H.content(candidates: [1, 2, 3])])))
        #expect(answered.map(\.jingleBrief) == ["answered"])
        #expect(h.media.ports == [1, 2, 3])
        let over = JingleReason(.success)
        #expect(h.receive(try h.message(.finish, to: H.focus, reason: over)).map(\.jingleBrief) == ["ended hangup"])
        h.receive(h.iq(H.jingle(.sessionTerminate, "sid", [over.xml])))
        #expect(h.take().suffix(1) == ["result"])
    }

    /// It may find no microphone once it has taken the call.
    @Test mutating func converseIsCalled() throws {
        let sid = try dial()
        #expect(h.receive(try h.message(.ringing, sid, from: H.romeo)).map(\.jingleBrief) == ["ringing"])
        h.receive(try h.message(.proceed, sid, from: H.romeo))
        let failed = h.receive(
            h.iq(H.jingle(.sessionTerminate, sid, [JingleReason(.mediaError, text: "no microphone").xml])))
        #expect(failed.map(\.jingleBrief) == ["ended incompatible"])
        #expect(h.take() == ["propose", "session-initiate", "result", "finish media-error"])
    }

    /// Directly, with a description-info before all else, and its own COIN.
    @Test mutating func jitsiCalls() throws {
        let contents = [
            audio(
                "audio", [payload(96, "opus", 48000, channels: 2), payload(101, "telephone-event", 8000)],
                extra: [element("rtcp-mux", JingleNamespace.rtp)])
        ]
        let offered = h.receive(h.iq(initiate("sid", initiator: H.romeo, contents)))
        let leg = try #require(offered.first?.jingleLeg)
        h.perform(.ring(leg))
        h.receive(h.iq(H.jingle(.descriptionInfo, "sid", contents)))
        #expect(h.take() == ["result", "session-info ringing", "result"])
        #expect(h.perform(.accept(leg)).map(\.jingleBrief) == ["answered"])
        #expect(try accept().child("conference-info", Namespace.coin)?["isfocus"] == "true")
        var b = XMPPBench()
        _ = b.jingleCall(XMPPBench.alice)
        let told = b.ask(
            XMPPBench.alice, XMPPBench.focus, "set",
            [element("conference-info", "urn:ietf:params:xml:ns:conference-info", ["sid": "sid", "version": "1"])])
        #expect(told?.type == "result")
    }

    /// Whatever ends a call, the reason is one of XEP-0166's, and where it is not plain there are words.
    @Test func everyEndHasOneReasonAndWords() {
        let all: [EndReason] = [
            .hangup, .cancelled, .busy, .declined, .noAnswer, .unavailable, .notFound, .forbidden, .incompatible,
            .insecure, .connectivity, .full, .expelled, .locked, .failed(""), .failed("the disk is on fire"),
        ]
        for reason in all {
            for (isActive, isOutgoing) in [(true, true), (true, false), (false, true), (false, false)] {
                let told = reason.jingle(isActive: isActive, isOutgoing: isOutgoing)
                #expect(told.xml.elements.count { $0.name != "text" } == 1)
                #expect(told.text?.isEmpty == false || [.success, .cancel].contains(told.condition))
            }
        }
    }
}
