import Conference
import Primitives
import Storage
import Testing

@Suite struct CallStoreTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func call(_ number: Int64, room: String? = "demo", ended: Int64? = nil) -> CallRecord {
        CallRecord(
            number: number, signalling: number.isMultiple(of: 2) ? .sip : .jingle,
            direction: number.isMultiple(of: 3) ? .incoming : .outgoing, address: "a'\"@host/é", name: "N\(number)",
            dialled: "demo@talk", room: room, bridge: room == nil ? number : nil,
            started: WallTime(milliseconds: number * 1000),
            answered: ended == nil ? nil : WallTime(milliseconds: number * 1000 + 1),
            ended: ended.map { WallTime(milliseconds: $0) }, reason: ended == nil ? nil : "normal",
            media: ended == nil
                ? nil
                : CallRecord.Media(
                    codecs: ["opus", "PCMU"], packetsSent: 1, packetsReceived: 99, packetsLost: 1, jitter: 250,
                    packetsDecoded: 7, packetsRelayed: 88, packetsEncoded: 9))
    }

    @Test func whatWasWrittenIsReadBackAsItWasLast() throws {
        let store = try Store(path: scratch.path)
        try store.write(.call(call(1)))
        #expect(try store.calls() == [call(1)])
        try store.write(.call(call(1, ended: 5000)))
        try store.write(.call(call(2, room: nil)))
        #expect(try store.calls() == [call(1, ended: 5000), call(2, room: nil)])
    }

    @Test func legsThatWereUpAreClosedByTheNextStart() throws {
        do {
            let store = try Store(path: scratch.path)
            #expect(try store.beginCalls(at: WallTime(milliseconds: 1)) == 1)
            try store.write([.call(call(1, ended: 2000)), .call(call(2))])
        }
        let store = try Store(path: scratch.path)
        #expect(try store.beginCalls(at: WallTime(milliseconds: 9999)) == 3)
        let calls = try store.calls()
        #expect(calls[0] == call(1, ended: 2000))
        #expect(calls[1].ended == WallTime(milliseconds: 9999) && calls[1].reason == CallRecord.restart)
    }

    @Test func oldCallsAreForgottenUnlessTheyAreUp() throws {
        let store = try Store(path: scratch.path)
        try store.write([.call(call(1, ended: 1500)), .call(call(2)), .call(call(3, ended: 3500))])
        try store.forgetCalls(before: WallTime(milliseconds: 3000))
        #expect(try store.calls().map(\.number) == [2, 3])
    }

    @Test func callsAreFoundByRoomAndTimeTheLastOnes() throws {
        let store = try Store(path: scratch.path)
        for number in 1...6 { try store.write(.call(call(Int64(number), room: number > 4 ? "side" : "demo"))) }
        let demo = try #require(RoomName("demo"))
        #expect(try store.calls(in: demo).map(\.number) == [1, 2, 3, 4])
        #expect(try store.calls(since: WallTime(milliseconds: 5000)).map(\.number) == [5, 6])
        #expect(try store.calls(limit: 2).map(\.number) == [5, 6])
    }

    @Test func theyAreReadBesideTheServer() throws {
        let store = try Store(path: scratch.path)
        try store.write(.call(call(1)))
        let reader = try Store(reading: scratch.path)
        #expect(try reader.calls() == [call(1)])
        try store.write(.call(call(2)))
        #expect(try reader.calls().count == 2)
        #expect(throws: StoreError.self) { try reader.write(.call(call(3))) }
        #expect(throws: StoreError.self) { try Store(reading: scratch.path + "-none") }
    }
}
