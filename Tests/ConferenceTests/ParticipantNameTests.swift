import Conference
import Primitives
import Testing

@Suite struct ParticipantNameTests {
    @Test(arguments: [
        (" Ann\tLee ", "Ann Lee"), ("A\u{0}nn\r\nBCC: x", "Ann BCC: x"), ("\u{202E}Ann", "Ann"),
        ("", "a"), ("\u{0}\u{1}  ", "a"), ("Zoë / Ops", "Zoë / Ops"), ("名前", "名前"),
    ])
    func hostileDisplayNamesAreCleaned(given: String, expected: String) {
        var world = World()
        world.call(from: .sip("a@h"), name: given)
        #expect(world.names() == [expected])
    }

    @Test func longNamesAreCutAndStayUnique() {
        var world = World()
        let long = String(repeating: "x", count: 10_000)
        let piled = "e" + String(repeating: "\u{301}", count: 5000)
        for user in ["a", "b", "c"] { world.call(from: .sip("\(user)@h"), name: long) }
        world.call(from: .sip("d@h"), name: piled)
        let names = world.names()
        #expect(names.allSatisfy { (1...64).contains($0.count) && $0.utf8.count <= 256 })
        #expect(Set(names.map { $0.lowercased() }).count == 4)
        #expect(names[1].hasSuffix(" 2"))
    }

    @Test func namesDifferByMoreThanCase() {
        var world = World()
        for (user, name) in [("a", "Alice"), ("b", "alice"), ("c", "ALICE 2")] {
            world.call(from: .sip("\(user)@h"), name: name)
        }
        #expect(world.names() == ["Alice", "alice 2", "ALICE 2 2"])
    }

    @Test func aJIDGivesItsNameUnescaped() {
        var world = World()
        world.call(from: .xmpp("d\\27artagnan@localhost/x"), to: .xmpp("demo@talk.localhost"))
        #expect(world.names() == ["d'artagnan"])
    }

    /// Whatever callers call themselves, names are legal and unique in the room.
    @Test func randomNamesAreAlwaysLegalAndUnique() {
        var random = SplitMix64(7)
        let scalars: [Unicode.Scalar] = ["a", "A", "2", " ", "\t", "\u{0}", "/", "@", "\u{202E}", "é", "\u{301}", "<"]
        for _ in 0..<50 {
            var world = World()
            for index in 0..<12 {
                var name = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0..<5, using: &random) {
                    name.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
                }
                let leg = world.call(from: .sip("u\(index)@h"), name: String(name))
                if Bool.random(using: &random), index > 6 { world.tell(.legEnded(leg, .hangup)) }
            }
            let names = world.names()
            #expect(names.allSatisfy(ParticipantName.isValid))
            #expect(Set(names.map { $0.lowercased() }).count == names.count)
        }
    }
}
