import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct ProfileTests {
    private typealias B = XMPPBench

    private func vCard() -> [XMLElement] { [XMLElement("vCard", Namespace.vCard)] }

    private func hash(_ b: inout B, _ room: String) -> String? {
        b.presence("alice@localhost", "\(room)@talk.localhost", "subscribe").compactMap {
            $0.child("x", Namespace.vCardUpdate)?.child("photo", Namespace.vCardUpdate)?.text
        }.first
    }

    @Test func aRoomHasACardWithThePictureWhoseHashItsPresenceTells() throws {
        var b = B()
        for address in [B.talk, B.focus, B.muc] {
            let card = try #require(b.ask(B.alice, address, "get", vCard())?.child("vCard", Namespace.vCard))
            #expect(card.child("FN", Namespace.vCard)?.text == "demo")
            let photo = try #require(card.child("PHOTO", Namespace.vCard))
            #expect(photo.child("TYPE", Namespace.vCard)?.text == "image/png")
            let bytes = try #require(photo.child("BINVAL", Namespace.vCard).flatMap { Base64.decode($0.text) })
            #expect(bytes == Picture.standard?.bytes)
            // The bench's digest is the first twenty bytes.
            #expect(hash(&b, "demo") == Hex.encode(Array(bytes.prefix(20))))
        }
        #expect(b.ask(B.alice, "sip.localhost", "get", vCard())?.type == "result")
        let number = b.ask(B.alice, "100@sip.localhost", "get", vCard())?.child("vCard", Namespace.vCard)
        #expect(number?.child("FN", Namespace.vCard)?.text == "100")
    }

    @Test func nobodyChangesACard() {
        var b = B()
        #expect(b.ask(B.alice, B.talk, "set", vCard())?.condition == .forbidden)
        #expect(b.ask(B.alice, "\(B.muc)/Nobody", "get", vCard())?.type == "error")
        b = B(createsRooms: false)
        #expect(b.ask(B.alice, "other@talk.localhost", "get", vCard())?.condition == .itemNotFound)
    }

    @Test func aPictureCanBeFetchedAsAPEPNode() throws {
        var b = B()
        func items(_ node: String, _ id: String? = nil) -> [XMLElement] {
            [
                XMLElement("pubsub", Namespace.pubsub) {
                    XMLElement("items", Namespace.pubsub, ["node": node]) {
                        id.map { XMLElement("item", Namespace.pubsub, ["id": $0]) }
                    }
                }
            ]
        }
        func item(_ answer: XMLElement?) -> XMLElement? {
            answer?.child("pubsub", Namespace.pubsub)?.child("items", Namespace.pubsub)?.child("item", Namespace.pubsub)
        }
        let metadata = try #require(item(b.ask(B.alice, B.talk, "get", items(Namespace.avatarMetadata))))
        let info = try #require(metadata.elements.first?.elements.first)
        #expect(info["type"] == "image/png" && info["width"] == "128" && info["height"] == "128")
        #expect(info["id"] == metadata["id"] && info["bytes"] == Picture.standard.map { String($0.bytes.count) })
        let data = try #require(item(b.ask(B.alice, B.talk, "get", items(Namespace.avatarData, metadata["id"]))))
        #expect(data.elements.first.flatMap { Base64.decode($0.text) } == Picture.standard?.bytes)
        #expect(b.ask(B.alice, B.talk, "get", items(Namespace.avatarData, "0"))?.condition == .itemNotFound)
        #expect(b.ask(B.alice, B.talk, "get", items("urn:other"))?.condition == .itemNotFound)
        #expect(b.ask(B.alice, B.talk, "set", items(Namespace.avatarData))?.condition == .serviceUnavailable)
    }

    @Test func aRoomMayHaveAPictureOfItsOwn() throws {
        let own = try #require(Picture([0xff, 0xd8, 0xff] + [UInt8](repeating: 7, count: 40)))
        var configuration = ConferenceConfiguration(
            talkDomain: "t", roomsDomain: "r", gatewayDomain: "s", rooms: [try #require(RoomName("plain"))])
        configuration.policies[try #require(RoomName("board"))] = RoomPolicy()
        configuration.policies[try #require(RoomName("board"))]?.picture = own
        configuration.policyOnUse.picture = Picture([0xff, 0xd8, 0xff, 1])
        let pictures = RoomPictures(
            configuration, hashing: Hashing(md5: { $0 }, sha1: { $0 }, sha256: { $0 }, hmacSHA1: { $1 }))
        #expect(pictures.of(try #require(RoomName("board"))).hash == Hex.encode(own.bytes))
        #expect(pictures.of(try #require(RoomName("plain"))) == pictures.service)
        #expect(pictures.of(try #require(RoomName("other"))).hash == "ffd8ff01")
        #expect(own.kind == .jpeg && Picture.standard?.kind == .png)
        #expect(Picture([]) == nil && Picture(Array("GIF89a".utf8)) == nil)
        #expect(Picture([0xff, 0xd8, 0xff] + [UInt8](repeating: 0, count: Picture.maximumSize)) == nil)
        #expect(Picture([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) == nil)
    }
}
