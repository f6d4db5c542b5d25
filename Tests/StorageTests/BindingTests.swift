import Primitives
import Storage
import Testing

@Suite struct BindingTests {
    private func binding(_ account: String, _ port: UInt16, expires: Int64) -> StoredBinding {
        StoredBinding(
            account: account, contact: "<sip:\(account)@10.0.0.5>;q=0.5", transport: "udp",
            remote: SocketAddress(.loopback4, port), callID: "c", sequence: 4_000_000_000,
            expires: WallTime(milliseconds: expires))
    }

    @Test func whereAccountsAreReachedOutlivesTheProcess() throws {
        let scratch = try Scratch()
        let all = [binding("alice", 1, expires: 1000), binding("alice", 65_535, expires: 2000)]
        do {
            let store = try Store(path: scratch.path)
            try store.setBindings([binding("alice", 9, expires: 5000)], of: "alice")
            try store.setBindings(all, of: "alice")
            try store.setBindings([binding("bob", 3, expires: 1500)], of: "bob")
            try store.close()
        }
        let store = try Store(path: scratch.path)
        #expect(try store.bindings(at: WallTime(milliseconds: 999)) == all + [binding("bob", 3, expires: 1500)])
        #expect(try store.bindings(at: WallTime(milliseconds: 1500)) == [all[1]])
        #expect(try store.bindings(at: WallTime(milliseconds: 0)) == [all[1]])
        try store.setBindings([], of: "alice")
        #expect(try store.bindings(at: WallTime(milliseconds: 0)).isEmpty)
    }
}
