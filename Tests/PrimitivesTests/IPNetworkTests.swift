import Primitives
import Testing

@Suite struct IPNetworkTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("172.16.0.0/12", "172.31.9.9", true),
        ("172.16.0.0/12", "172.32.0.0", false), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
        ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "::1", false), ("fc00::/7", "fdff::1", true),
        ("fc00::/7", "fe00::", false), ("2001:db8::/33", "2001:db8:7fff::", true),
        ("2001:db8::/33", "2001:db8:8000::", false), ("::/0", "::1", true),
    ])
    func addressesWithTheSameFirstBitsAreInside(network: String, address: String, isInside: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(arguments: ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "a/8", "::/8/8"])
    func whatIsNoNetworkIsNone(text: String) { #expect(IPNetwork(text) == nil) }

    @Test func theInternetIsRouted() throws {
        for text in ["8.8.8.8", "2001:db8::1", "172.15.0.1"] {
            let address = try #require(IPAddress(text))
            #expect(!IPNetwork.notRouted.contains { $0.contains(address) })
        }
        for text in ["192.168.1.1", "127.0.0.1", "::1", "fd00::1"] {
            let address = try #require(IPAddress(text))
            #expect(IPNetwork.notRouted.contains { $0.contains(address) })
        }
    }
}
