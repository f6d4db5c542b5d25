import Conference
import Primitives
import Testing
import XMPP

@testable import Signalling

@Suite struct MUCGovernanceTests {
    typealias B = XMPPBench
    var b = B()
    private let room = "fresh@rooms.localhost"
    private let carol = "carol@localhost/pc"

    init() {
        b.join(B.alice, "Alice", room: room)
        b.join(B.bob, "Bob", room: room)
    }

    private func admin(_ items: [MUCAdminItem]) -> XMLElement {
        XMLElement("query", Namespace.mucAdmin) { items.map(\.element) }
    }

    private func set(_ affiliation: MUCUser.Affiliation, _ jid: String, reason: String? = nil) -> XMLElement {
        admin([MUCAdminItem(affiliation: affiliation, jid: JID(jid), reason: reason)])
    }

    private func submit(_ fields: [(String, String)]) -> XMLElement {
        XMLElement("query", Namespace.mucOwner) {
            DataForm(
                .submit, formType: Namespace.mucRoomConfig,
                fields: fields.map { .init("muc#roomconfig_\($0.0)", [$0.1]) }
            ).element
        }
    }

    /// Sends a request; gives all that follows.
    private mutating func send(_ from: String, _ payload: XMLElement) -> [XMLElement] {
        b.receive(.iq(from: JID(from), to: JID(room), type: "set", id: "s") { payload })
    }

    private func list(_ stanza: XMLElement?) -> [MUCAdminItem] {
        stanza?.payload?.children(named: "item").compactMap { MUCAdminItem($0) } ?? []
    }

    private func codes(_ stanza: XMLElement?) -> [Int] { (stanza?.mucUser?.statuses.map(\.code) ?? []).sorted() }

    private func features() -> (Set<String>, DataForm?) {
        var b = b
        let info = b.ask(B.alice, room, "get", [XMLElement("query", Namespace.discoInfo)])?.payload.flatMap {
            DiscoInfo($0)
        }
        return (Set(info?.features ?? []), info?.forms.first)
    }

    // MARK: Affiliations

    @Test mutating func theMakerOfARoomIsShownAsItsOwner() {
        let own = b.join(B.alice, "Alice", room: room).first { $0["from"] == room + "/Alice" }
        #expect(own?.mucUser?.item?.affiliation == .owner)
        #expect(own?.mucUser?.item?.role == .moderator)
        #expect(codes(own) == [100, 110, 170])
        let fresh = b.join(B.alice, "Alice", room: "other@rooms.localhost")
        #expect(codes(fresh.first) == [100, 110, 170, 201])
    }

    @Test mutating func aBanIsToldToAll() {
        let stanzas = send(B.alice, set(.outcast, "bob@localhost", reason: "rude"))
        let gone = stanzas.filter { $0.name == "presence" && $0.type == "unavailable" }
        #expect(Set(gone.compactMap { $0["to"] }) == [B.alice, B.bob])
        for stanza in gone {
            #expect(stanza.mucUser?.item?.affiliation == .outcast)
            #expect(stanza.mucUser?.item?.role == MUCUser.Role.none)
            #expect(stanza.mucUser?.item?.reason == "rude")
            #expect(stanza.mucUser?.item?.actor == "Alice")
            #expect(codes(stanza) == (stanza["to"] == B.bob ? [110, 301] : [301]))
        }
        #expect(stanzas.last?.type == "result")
        #expect(b.join(B.bob, "Bob", room: room).first?.condition == .forbidden)
        #expect(
            list(b.ask(B.alice, room, "get", [admin([MUCAdminItem(affiliation: .outcast)])])).map(\.jid) == [
                JID("bob@localhost")
            ])
        #expect(b.ask(B.bob, room, "get", [admin([MUCAdminItem(affiliation: .outcast)])])?.condition == .forbidden)
    }

    @Test mutating func aNewAffiliationShowsInPresenceOrIsTold() {
        let stanzas = send(B.alice, set(.admin, "bob@localhost"))
        let shown = stanzas.filter { $0.name == "presence" }
        #expect(shown.map { $0["to"] } == [B.alice, B.bob])
        #expect(shown.allSatisfy { $0.mucUser?.item?.affiliation == .admin && $0.mucUser?.item?.role == .moderator })
        let told = send(B.bob, set(.member, "carol@localhost")).filter { $0.name == "message" }
        #expect(told.map { $0["to"] } == [B.alice, B.bob])
        #expect(told.first?.mucUser?.item == .init(affiliation: .member, role: .none, jid: JID("carol@localhost")))
    }

    @Test mutating func errorsAreTheStandards() {
        #expect(send(B.bob, set(.member, carol)).last?.condition == .forbidden)
        _ = send(B.alice, set(.admin, "bob@localhost"))
        #expect(send(B.bob, set(.owner, carol)).last?.condition == .notAllowed)
        #expect(send(B.alice, set(.none, "alice@localhost")).last?.condition == .conflict)
        #expect(send(B.alice, admin([])).last?.condition == .badRequest)
        #expect(
            send(B.alice, admin(Array(repeating: MUCAdminItem(affiliation: .member, nick: "Bob"), count: 101))).last?
                .condition == .badRequest)
        #expect(send(B.alice, admin([MUCAdminItem(affiliation: .member)])).last?.condition == .badRequest)
        #expect(
            send(B.alice, admin([MUCAdminItem(affiliation: .member, nick: "Zoe")])).last?.condition == .itemNotFound)
        let mixed = admin([MUCAdminItem(role: .visitor, nick: "Bob"), MUCAdminItem(affiliation: .member, nick: "Bob")])
        #expect(send(B.alice, mixed).last?.condition == .featureNotImplemented)
        let odd = XMLElement("query", Namespace.mucAdmin) {
            XMLElement("item", Namespace.mucAdmin, ["affiliation": "king", "jid": "a@b"])
        }
        #expect(send(B.alice, odd).last?.condition == .badRequest)
        #expect(b.ask(B.alice, "none@rooms.localhost", "set", [set(.member, carol)])?.condition == .itemNotFound)
        #expect(
            b.ask(B.alice, "none@rooms.localhost", "get", [admin([MUCAdminItem(affiliation: .owner)])])?.condition
                == .itemNotFound)
    }

    @Test mutating func phonesStandInListsByTheirGatewayAddress() {
        _ = send(B.alice, set(.outcast, "mallory\\40192.0.2.7@sip.localhost"))
        let (leg, _) = b.sipCall("Carol", room: "fresh")
        _ = send(B.alice, admin([MUCAdminItem(affiliation: .outcast, nick: "Carol")]))
        #expect(b.conference.liveLegs.contains(leg) == false)
        let banned = list(b.ask(B.alice, room, "get", [admin([MUCAdminItem(affiliation: .outcast)])]))
        #expect(
            Set(banned.compactMap { $0.jid?.description }) == [
                "mallory\\40192.0.2.7@sip.localhost", "carol\\40127.0.0.1\\3a5070@sip.localhost",
            ])
        // As it stands in the list, so it is taken back.
        for entry in banned.compactMap(\.jid) { _ = send(B.alice, set(.none, entry.description)) }
        #expect(list(b.ask(B.alice, room, "get", [admin([MUCAdminItem(affiliation: .outcast)])])).isEmpty)
    }

    @Test mutating func listsOfRolesAreForModerators() {
        let query = [admin([MUCAdminItem(role: .moderator)])]
        #expect(list(b.ask(B.alice, room, "get", query)).map(\.nick) == ["Alice"])
        #expect(b.ask(B.bob, room, "get", query)?.condition == .forbidden)
        #expect(list(b.ask(B.alice, room, "get", [admin([MUCAdminItem(role: .participant)])])).map(\.nick) == ["Bob"])
    }

    // MARK: Configuration

    @Test mutating func theFormShowsWhatIsAndTakesWhatShallBe() throws {
        let get = [XMLElement("query", Namespace.mucOwner)]
        #expect(b.ask(B.bob, room, "get", get)?.condition == .forbidden)
        let shown = try #require(
            b.ask(B.alice, room, "get", get)?.payload?.child("x", Namespace.dataForms).flatMap { DataForm($0) })
        #expect(shown.formType == Namespace.mucRoomConfig)
        #expect(shown.flag("muc#roomconfig_membersonly") == false)
        #expect(shown.flag("muc#roomconfig_enablearchiving") == true)
        // As shown, so taken: nothing changes.
        var same = shown
        same.kind = .submit
        #expect(send(B.alice, XMLElement("query", Namespace.mucOwner) { same.element }).map(\.type) == ["result"])
        let stanzas = send(
            B.alice,
            submit([
                ("roomname", "Our room"), ("roomdesc", "For us"), ("membersonly", "1"), ("moderatedroom", "true"),
                ("persistentroom", "1"), ("publicroom", "0"), ("passwordprotectedroom", "1"), ("roomsecret", "4711"),
                ("maxusers", "7"), ("somethingelse", "x"),
            ]))
        #expect(stanzas.contains { $0.type == "groupchat" && codes($0) == [104] })
        let gone = stanzas.first { $0.brief == "presence unavailable fresh@rooms.localhost/Bob > bob@localhost/desk" }
        #expect(codes(gone) == [110, 322])
        let (told, info) = features()
        #expect(
            told.isSuperset(of: [
                "muc_membersonly", "muc_moderated", "muc_persistent", "muc_hidden", "muc_passwordprotected",
            ]))
        #expect(info?["muc#roominfo_description"] == "For us")
        let items = b.ask(B.bob, "rooms.localhost", "get", [XMLElement("query", Namespace.discoItems)])?.payload
        #expect(items.map { DiscoItem.items($0).map(\.jid.description) } == [B.muc])
        #expect(b.join(B.bob, "Bob", room: room).first?.condition == .registrationRequired)
        let now = b.ask(B.alice, room, "get", get)?.payload?.child("x", Namespace.dataForms).flatMap { DataForm($0) }
        #expect(now?["muc#roomconfig_roomsecret"] == "4711")
        #expect(now?["muc#roomconfig_maxusers"] == "7")
    }

    @Test(arguments: [
        [("membersonly", "maybe")], [("roomsecret", "sesame"), ("passwordprotectedroom", "1")],
        [("passwordprotectedroom", "1")], [("maxusers", "many")], [("maxusers", "-1")], [("maxusers", "1000000000")],
        [("whois", "moderators")],
    ])
    mutating func aFormThatMakesNoSenseChangesNothing(_ fields: [(String, String)]) {
        #expect(send(B.alice, submit(fields)).map(\.condition) == [.notAcceptable])
        let (told, _) = features()
        #expect(told.contains("muc_open") && told.contains("muc_unsecured"))
    }

    @Test mutating func aFormThatIsCancelledOrEmptyMakesAnInstantRoom() {
        for kind in [DataForm.Kind.submit, .cancel] {
            let form = XMLElement("query", Namespace.mucOwner) { DataForm(kind).element }
            #expect(send(B.alice, form).map(\.type) == ["result"])
            #expect(send(B.bob, form).map(\.condition) == [.forbidden])
        }
        #expect(send(B.alice, XMLElement("query", Namespace.mucOwner)).map(\.condition) == [.badRequest])
    }

    @Test mutating func theEndOfArchivingIsTold() {
        let off = send(B.alice, submit([("enablearchiving", "0")]))
        #expect(off.filter { $0.type == "groupchat" }.map(codes) == [[104, 171], [104, 171]])
        let own = b.join(B.alice, "Alice", room: room).first { $0["from"] == room + "/Alice" }
        #expect(codes(own) == [100, 110])
    }

    @Test mutating func aDestroyedRoomTellsWhereItGoesOn() {
        let destroy = XMLElement("query", Namespace.mucOwner) {
            XMLElement("destroy", Namespace.mucOwner, ["jid": "other@rooms.localhost"]) {
                XMLElement("reason", Namespace.mucOwner, text: "over")
            }
        }
        #expect(send(B.bob, destroy).map(\.condition) == [.forbidden])
        let stanzas = send(B.alice, destroy)
        let gone = stanzas.filter { $0.name == "presence" }
        #expect(
            Set(gone.map(\.brief)) == [
                "presence unavailable fresh@rooms.localhost/Alice > alice@localhost/phone",
                "presence unavailable fresh@rooms.localhost/Bob > bob@localhost/desk",
            ])
        let destroyed = gone.first?.child("x", Namespace.mucUser)?.child("destroy")
        #expect(destroyed?["jid"] == "other@rooms.localhost")
        #expect(destroyed?.child("reason")?.text == "over")
        #expect(stanzas.last?.type == "result")
    }

    // MARK: Invitations

    @Test mutating func invitationsAndRefusalsGoThroughTheRoom() {
        func user(_ name: String, _ attributes: KeyValuePairs<String, String?>) -> XMLElement {
            XMLElement("x", Namespace.mucUser) {
                XMLElement(name, Namespace.mucUser, attributes) { XMLElement("reason", Namespace.mucUser, text: "why") }
            }
        }
        let invited = b.message(B.alice, room, nil, nil, children: [user("invite", ["to": "carol@localhost"])])
        #expect(invited.map(\.brief) == ["message fresh@rooms.localhost > carol@localhost"])
        let invite = invited.first?.child("x", Namespace.mucUser)?.child("invite")
        #expect(invite?["from"] == B.alice)
        #expect(invite?.child("reason")?.text == "why")
        #expect(invited.first?.child("x", Namespace.directInvitation)?["jid"] == room)
        let declined = b.message(carol, room, nil, nil, children: [user("decline", ["to": "alice@localhost"])])
        #expect(declined.map(\.brief) == ["message fresh@rooms.localhost > alice@localhost/phone"])
        #expect(declined.first?.child("x", Namespace.mucUser)?.child("decline")?["from"] == "carol@localhost")
        #expect(b.message("eve@h/x", room, nil, nil, children: [user("decline", ["to": "alice@localhost"])]).isEmpty)
        #expect(
            b.message("eve@h/x", room, nil, nil, children: [user("invite", ["to": "carol@localhost"])]).first?.condition
                == .notAcceptable)
        #expect(
            b.message(B.alice, room, nil, nil, children: [user("invite", ["to": "@@"])]).first?.condition
                == .jidMalformed)
        let many = XMLElement("x", Namespace.mucUser) {
            (0..<21).map { XMLElement("invite", Namespace.mucUser, ["to": "u\($0)@localhost"]) }
        }
        #expect(b.message(B.alice, room, nil, nil, children: [many]).first?.condition == .badRequest)
    }

    @Test mutating func anInvitationFromOneOccupantToAnotherArrives() {
        let x = XMLElement("x", Namespace.directInvitation, ["jid": "den@rooms.localhost", "reason": "quiet"])
        let stanzas = b.message(B.alice, room + "/Bob", nil, nil, children: [x])
        #expect(stanzas.map(\.brief) == ["message chat fresh@rooms.localhost/Alice > bob@localhost/desk"])
        #expect(stanzas.first?.child("x", Namespace.directInvitation)?["jid"] == "den@rooms.localhost")
        #expect(stanzas.first?.body == "You are invited to den@rooms.localhost: quiet")
    }

    // MARK: Occupant ids

    @Test mutating func anOccupantIsKnownByTheSameIDWhateverTheNick() throws {
        func id(_ stanza: XMLElement?) -> String? { stanza?.child("occupant-id", Namespace.occupantID)?["id"] }
        let own = b.join(B.bob, "Bob", room: room).first { $0["from"] == room + "/Bob" }
        let first = try #require(id(own))
        #expect(id(b.presence(B.bob, room + "/Bobby").last) == first)
        #expect(b.message(B.bob, room, "groupchat", "hi").map(id) == [first, first])
        #expect(id(b.message(B.bob, room + "/Alice", "chat", "psst").first) == first)
        _ = b.presence(B.bob, room + "/Bobby", "unavailable")
        #expect(id(b.join("bob@localhost/other", "B", room: room).first { $0["from"] == room + "/B" }) == first)
        #expect(id(b.join(B.alice, "Alice", room: room).first { $0["from"] == room + "/Alice" }) != first)
        #expect(id(b.join(B.bob, "Bob").first { $0["from"] == B.muc + "/Bob" }) != first)
    }
}
