import Conference
import Primitives
import Storage
import Testing

@Suite struct UsageStoreTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func usage(_ day: Int64, _ account: String, _ milliseconds: Int64) -> CallUsage {
        CallUsage(day: day, account: account, numberClass: "national", milliseconds: milliseconds)
    }

    @Test func whatWasUsedIsThereAfterARestartAndOldDaysGo() throws {
        do {
            let store = try Store(path: scratch.path)
            try store.write([
                .usage(usage(100, "a@b", 1)), .usage(usage(100, "a@b", 61_000)), .usage(usage(100, "it's \"all\"", 5)),
            ])
        }
        let store = try Store(path: scratch.path)
        #expect(try store.usage(of: 100) == [usage(100, "a@b", 61_000), usage(100, "it's \"all\"", 5)])
        #expect(try store.usage(of: 101) == [])
        try store.write(.usage(usage(101, "a@b", 7)))
        #expect(try store.usage(of: 100).count == 2)
        try store.write(.usage(usage(102, "a@b", 8)))
        #expect(try store.usage(of: 100) == [])
        #expect(try store.usage(of: 101) == [usage(101, "a@b", 7)])
    }

    @Test func aCallIsKeptWithItsClassAndWhoPays() throws {
        let store = try Store(path: scratch.path)
        var call = CallRecord(
            number: 1, signalling: .sip, direction: .outgoing, address: "+49@trunk", dialled: "+49@trunk",
            started: WallTime(milliseconds: 5))
        call.numberClass = "national"
        call.payer = "alice@example.org"
        call.trunk = "provider"
        try store.write(.call(call))
        #expect(try store.calls() == [call])
    }
}
