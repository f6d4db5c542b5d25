import Conference
import Primitives
import Testing

@testable import Signalling

/// The presence document: written, read, and not trusted.
@Suite struct PIDFTests {
    private let wall = WallTime(milliseconds: 1_800_000_000_000)

    private func write(_ states: [PresenceState]) -> [UInt8] {
        Array(PIDF.write(states, entity: "pres:alice@localhost", contact: "sip:alice@localhost", at: wall).utf8)
    }

    @Test func aStateComesThroughBothWays() throws {
        let states = [
            PresenceState(device: "phone", isOpen: true, show: .away, status: "lunch & <tea>", priority: 64),
            PresenceState(device: "desk top/ü", isOpen: true, priority: 0),
            PresenceState(device: "x", isOpen: false),
        ]
        let read = try #require(PIDF.parse(write(states)))
        #expect(read.map(\.isOpen) == [true, true, false])
        #expect(read.map(\.status) == ["lunch & <tea>", nil, nil])
        #expect(read[0].show == .away)
        #expect(read.map(\.priority) == [64, 0, 0])
        #expect(read[0].device == "ID-phone")
        #expect(read[1].device == "ID-desk_20top_2f_c3_bc")
        #expect(Set(read.map(\.device)).count == 3)
    }

    @Test func everyPriorityComesThrough() {
        for priority in -128...127 {
            let read = PIDF.parse(write([PresenceState(device: "a", isOpen: true, priority: priority)]))
            #expect(abs((read?.first?.priority ?? 999) - max(0, priority)) <= 0)
        }
    }

    @Test func nobodyThereIsClosed() {
        #expect(PIDF.parse(write([]))?.map(\.isOpen) == [false])
    }

    @Test func whatPhonesWriteIsRead() throws {
        let document = """
            <?xml version="1.0" encoding="UTF-8"?>
            <p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
              xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:100@127.0.0.1">
              <p:tuple id="t1"><p:status><p:basic> open </p:basic></p:status>
                <p:contact priority="0.8">sip:100@127.0.0.1:5080</p:contact></p:tuple>
              <dm:person id="me"><r:activities><r:on-the-phone/></r:activities><dm:note>talking</dm:note></dm:person>
            </p:presence>
            """
        let state = try #require(PIDF.parse(Array(document.utf8))?.first)
        #expect(state.isOpen)
        #expect(state.show == .dnd)
        #expect(state.status == "talking")
        #expect(state.priority == 102)
    }

    @Test func nothingThatIsCutShortIsTakenForWhole() {
        let whole = write([PresenceState(device: "phone", isOpen: true, show: .dnd, status: "x", priority: 3)])
        for length in 0..<whole.count { #expect(PIDF.parse(Array(whole[..<length])) == nil) }
    }

    @Test func bombsAndOthersDocumentsAreRefused() {
        let bombs = [
            "<!DOCTYPE p [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><presence xmlns='\(PIDF.namespace)'>&b;</presence>",
            "<presence xmlns='\(PIDF.namespace)'>" + String(repeating: "<a>", count: 200) + "</presence>",
            "<presence xmlns='\(PIDF.namespace)'>" + String(repeating: "<tuple id='a'/>", count: 33) + "</presence>",
            "<presence xmlns='\(PIDF.namespace)'><note>" + String(repeating: "x", count: 40_000) + "</note></presence>",
            "<presence xmlns='urn:other'/>", "<other xmlns='\(PIDF.namespace)'/>", "", "open",
        ]
        for bomb in bombs { #expect(PIDF.parse(Array(bomb.utf8)) == nil, "\(bomb.prefix(60))") }
    }

    @Test func nonsenseInsideIsLeftOut() throws {
        let document =
            "<presence xmlns='\(PIDF.namespace)'><tuple><status><basic>maybe</basic></status>"
            + "<contact priority='9e99'>x</contact></tuple><tuple id='b'><contact priority='nan'/></tuple></presence>"
        let read = try #require(PIDF.parse(Array(document.utf8)))
        #expect(read.map(\.priority) == [0, 0])
        #expect(read.map(\.isOpen) == [true, true])
    }

    @Test func mutatedDocumentsDoNotTrap() {
        let whole = write([PresenceState(device: "phone", isOpen: true, show: .xa, status: "x", priority: 3)])
        let entropy = Entropy.seeded(7)
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<3 { bytes[Int(entropy.u32()) % bytes.count] = UInt8(truncatingIfNeeded: entropy.u32()) }
            _ = PIDF.parse(bytes)
        }
    }
}
