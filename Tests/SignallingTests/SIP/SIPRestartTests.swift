import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// ICE restart by a re-INVITE (RFC 8839 section 4.4.1.1).
@Suite struct SIPRestartTests {
    private func offer(_ ufrag: String, port: Int, version: Int, codec: String = "111 opus/48000/2") -> String {
        let print = Array(repeating: "AB", count: 32).joined(separator: ":")
        let type = codec.split(separator: " ")[0]
        return "v=0\r\no=- 1 \(version) IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF \(type)\r\n"
            + "c=IN IP4 0.0.0.0\r\na=rtpmap:\(codec)\r\na=rtcp-mux\r\na=ice-ufrag:\(ufrag)\r\n"
            + "a=ice-pwd:abcdabcdabcdabcdabcdabcd\r\na=fingerprint:sha-256 \(print)\r\na=setup:actpass\r\n"
            + "a=candidate:1 1 udp 2130706431 127.0.0.1 \(port) typ host\r\na=mid:0\r\n"
    }

    private func send(_ sdp: String, _ house: inout SIPHouse, _ phone: inout SIPPhone) throws -> SIPMessage {
        let answers = house.receive(phone.request(.invite, sdp: sdp), from: phone.address)
        let answer = try #require(answers.first { ($0.status ?? 0) >= 200 })
        if answer.status == 200 { house.receive(phone.ack(answer), from: phone.address) }
        return answer
    }

    private func ufrag(_ message: SIPMessage) throws -> String? {
        try SDP.parse(message.body).contents.first?.ice?.ufrag
    }

    @Test func newCredentialsGetNewOnesAndTheOldOnesStay() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        #expect(try ufrag(send(offer("abcd", port: 4444, version: 1), &house, &alice)) == "ours")
        #expect(try ufrag(send(offer("abcd", port: 4444, version: 2), &house, &alice)) == "ours")
        #expect(house.media.restarts == 0)
        let moved = try send(offer("efgh", port: 5555, version: 3), &house, &alice)
        #expect(try ufrag(moved) == "anew1")
        #expect(try SDP.parse(moved.body).contents.first?.candidates.count == 1)
        #expect(house.media.restarts == 1)
        let leg = try #require(house.adapter.liveLegs.first)
        #expect(house.media.candidates[leg]?.last?.address.port == 5555)
        guard case .ice(let remote, _, _)? = house.media.agreed[leg]?.last?.transport else {
            Issue.record("no ICE")
            return
        }
        #expect(remote.ufrag == "efgh")
        #expect(try ufrag(send(offer("efgh", port: 5555, version: 4), &house, &alice)) == "anew1")
        #expect(house.demo?.participants.count == 1)
    }

    @Test func aChangeThatIsRefusedBeginsNothingAnew() throws {
        var house = SIPHouse()
        var alice = SIPPhone("Alice", port: 5061)
        _ = try send(offer("abcd", port: 4444, version: 1), &house, &alice)
        let refused = try send(offer("efgh", port: 5555, version: 2, codec: "112 speex/16000"), &house, &alice)
        #expect(refused.status == 488)
        #expect(house.media.restarts == 0)
    }
}
