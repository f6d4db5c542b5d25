import Primitives
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        "127.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::1", "2001:db8::1", "fe80::1:2:3", "1:2:3:4:5:6:7:8",
        "2001:db8:0:1:1:1:1:1", "64:ff9b::c000:221",
    ])
    func textRoundTrips(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.+4", ":", ":::", "1:2:3:4:5:6:7", "1::2::3", "12345::",
        "g::1", "1:2:3:4:5:6:7:8:9", "::1%eth0", "1.2.3.4:5", "-1::2",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func bracketsAndMappedAddressesAreUnderstood() throws {
        #expect(IPAddress("[::1]") == .loopback6)
        #expect(IPAddress("::ffff:127.0.0.1")?.unmapped == .loopback4)
        #expect(SocketAddress(.loopback6, 5060).description == "[::1]:5060")
    }

    @Test func rangesAreKnown() throws {
        #expect(try #require(IPAddress("169.254.3.4")).isLinkLocal)
        #expect(try #require(IPAddress("fe80::1")).isLinkLocal)
        #expect(try #require(IPAddress("127.8.8.8")).isLoopback)
        #expect(IPAddress.any6.isUnspecified)
    }
}
