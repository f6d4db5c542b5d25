import Conference
import MediaDescription
import Primitives
import SIP
import Testing

@testable import Signalling

/// Requests to the focus with bytes changed, cut and repeated: nothing breaks, and nothing is left behind.
@Suite struct SIPFocusHostileTests {
    private func requests(_ phone: inout SIPPhone) -> [[UInt8]] {
        let list =
            "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list><entry uri='sip:100@talk.localhost'/>"
            + "<entry uri='sip:101@talk.localhost;method=BYE'/></list></resource-lists>"
        var refer = phone.request(.refer)
        refer.set("Refer-To", "\"Bob\" <sip:100@talk.localhost;method=INVITE?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>")
        var several = phone.request(.refer)
        several.set("Refer-To", "<cid:list@h>")
        several.set("Refer-Sub", "false")
        several.setBody(Array(list.utf8), type: ResourceList.mediaType)
        var invite = phone.request(.invite, sdp: SIPPhone.sdp())
        invite.callID += "x"
        invite.to.tag = nil
        invite.set("Replaces", "\(phone.callID);to-tag=\(phone.remoteTag ?? "");from-tag=tag-\(phone.name)")
        invite.set("Session-Expires", "1800;refresher=uac")
        invite.set("Supported", "timer, 100rel")
        invite.set("Privacy", "id")
        invite.set("P-Asserted-Identity", "<sip:alice@127.0.0.1>")
        var update = phone.request(.update, sdp: SIPPhone.sdp("sendonly", version: 2))
        update.set("Session-Expires", "90")
        update.set("Min-SE", "90")
        var prack = phone.request(.prack)
        prack.set("RAck", "1 1 INVITE")
        var subscribe = phone.request(.subscribe)
        subscribe.set("Event", "refer;id=2")
        return [refer, several, invite, update, prack, subscribe].map(\.bytes)
    }

    @Test(arguments: UInt64(0)..<12)
    func whatIsBrokenDoesNoHarm(seed: UInt64) {
        var random = SplitMix64(seed)
        var house = SIPHouse(factory: RoomName("conference-factory")) {
            $0.trustedPeers = [IPNetwork("127.0.0.0/8")].compactMap(\.self)
        }
        var alice = SIPPhone("Alice", port: 5061)
        house.join(&alice)
        let flow = SIPFlow(.udp, local: SIPHouse.address, remote: alice.address)
        for _ in 0..<20 {
            for request in requests(&alice) {
                var bytes = request
                for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: place)
                    case 2: bytes.insert(bytes[place], at: place)
                    default: bytes.removeLast(Int.random(in: 0..<min(40, bytes.count), using: &random))
                    }
                }
                house.receive(bytes, on: flow)
            }
            house.run(for: .seconds(1))
        }
        house.run(for: .seconds(4000))
        #expect(house.adapter.refers.isEmpty)
        #expect(house.adapter.requests.isEmpty)
        #expect(house.adapter.legCount == 0)
        #expect(house.adapter.dialogs.isEmpty)
        #expect(house.conference.nextWake == nil)
        #expect(house.demo?.participants.isEmpty == true)
    }
}
