import Primitives
import Testing

@testable import SIP

/// RFC 3263 and RFC 2782 against a DNS made of dictionaries.
@Suite struct SIPTargetSearchTests {
    private final class Zone {
        var pointers: [String: [NAPTRRecord]] = [:]
        var services: [String: [SRVRecord]] = [:]
        var addresses: [String: [IPAddress]] = [:]
        private(set) var asked: [DNSQuestion] = []

        func answer(_ question: DNSQuestion) -> DNSAnswer {
            asked.append(question)
            return switch question {
            case .naptr(let name): .naptr(pointers[name] ?? [])
            case .srv(let name): .srv(services[name] ?? [])
            case .addresses(let name): .addresses(addresses[name] ?? [])
            }
        }

        func find(
            _ uri: String, supported: [SIPTransport] = [.udp, .tcp, .tls], seed: UInt64 = 1
        ) throws -> [String] {
            var search = SIPTargetSearch(
                try #require(SIPURI(uri)), supported: supported, entropy: .seeded(seed))
            while let question = search.question { search.take(answer(question)) }
            return search.targets.map(\.description)
        }
    }

    private static func pointer(_ order: UInt16, _ preference: UInt16, _ service: String, _ name: String)
        -> NAPTRRecord
    {
        NAPTRRecord(
            order: order, preference: preference, flags: "s", service: service, regexp: "", replacement: name)
    }

    private static func service(_ priority: UInt16, _ weight: UInt16, _ port: UInt16, _ target: String) -> SRVRecord {
        SRVRecord(priority: priority, weight: weight, port: port, target: target)
    }

    private var zone: Zone {
        let zone = Zone()
        zone.addresses = [
            "example.org": [.v4(0xc000_0201)], "a.example.org": [.v4(0xc000_020a)],
            "b.example.org": [.v4(0xc000_020b), .v6(high: 0x2001_0db8_0000_0000, low: 0xb)],
        ]
        return zone
    }

    @Test(arguments: [
        ("sip:x@192.0.2.7", "192.0.2.7:5060 by UDP"), ("sips:x@192.0.2.7", "192.0.2.7:5061 by TLS"),
        ("sip:x@192.0.2.7:5070;transport=tcp", "192.0.2.7:5070 by TCP"),
        ("sip:x@[2001:db8::1];transport=tls", "[2001:db8::1]:5061 by TLS"),
        ("sip:x@example.org;maddr=192.0.2.9", "192.0.2.9:5060 by UDP"),
    ])
    func aNumericAddressNeedsNoQuestion(uri: String, target: String) throws {
        let zone = Zone()
        #expect(try zone.find(uri) == [target])
        #expect(zone.asked.isEmpty)
    }

    @Test(arguments: [
        ("sip:x@example.org:5080", "192.0.2.1:5080 by UDP"), ("sips:x@example.org:5080", "192.0.2.1:5080 by TLS"),
        ("sip:x@example.org:5080;transport=tcp", "192.0.2.1:5080 by TCP"),
    ])
    func aPortLeavesOnlyTheAddressToBeFound(uri: String, target: String) throws {
        let zone = self.zone
        #expect(try zone.find(uri) == [target])
        #expect(zone.asked == [.addresses("example.org")])
    }

    @Test func aTransportLeavesTheServiceToBeFound() throws {
        let zone = self.zone
        zone.services["_sip._tcp.example.org"] = [Self.service(1, 0, 5090, "a.example.org")]
        #expect(try zone.find("sip:x@example.org;transport=tcp") == ["192.0.2.10:5090 by TCP"])
        #expect(zone.asked == [.srv("_sip._tcp.example.org"), .addresses("a.example.org")])
        #expect(try zone.find("sip:x@example.org;transport=tls") == ["192.0.2.1:5061 by TLS"])
    }

    @Test func pointersAreFollowedByOrderAndPreference() throws {
        let zone = self.zone
        zone.pointers["example.org"] = [
            Self.pointer(20, 1, "SIP+D2U", "_sip._udp.example.org"),
            Self.pointer(10, 20, "SIP+D2T", "_sip._tcp.example.org"),
            Self.pointer(10, 10, "SIPS+D2T", "tls.example.org"),
            Self.pointer(5, 1, "E2U+sip", "_sip._udp.example.org"),
            Self.pointer(1, 1, "SIP+D2S", "_sip._sctp.example.org"),
        ]
        zone.services["tls.example.org"] = [
            Self.service(2, 0, 5061, "b.example.org"), Self.service(1, 0, 5071, "a.example.org"),
        ]
        zone.services["_sip._tcp.example.org"] = [Self.service(1, 0, 5090, "a.example.org")]
        #expect(
            try zone.find("sip:x@example.org") == [
                "192.0.2.10:5071 by TLS", "192.0.2.11:5061 by TLS", "[2001:db8::b]:5061 by TLS",
            ])
        #expect(try zone.find("sip:x@example.org", supported: [.udp, .tcp]) == ["192.0.2.10:5090 by TCP"])
        #expect(try zone.find("sips:x@example.org", supported: [.udp, .tcp]) == [])
    }

    @Test func theCertificateIsToBeForTheDomainOfTheURI() throws {
        let zone = self.zone
        zone.services["_sips._tcp.example.org"] = [Self.service(1, 0, 5061, "a.example.org")]
        var search = SIPTargetSearch(
            try #require(SIPURI("sips:x@example.org")), supported: [.tls], entropy: .seeded(1))
        while let question = search.question { search.take(zone.answer(question)) }
        #expect(search.targets.map(\.domain) == ["example.org"])
    }

    @Test func withoutPointersEachServiceIsAskedForInTurn() throws {
        let zone = self.zone
        zone.services["_sip._tcp.example.org"] = [Self.service(1, 0, 5090, "a.example.org")]
        #expect(try zone.find("sip:x@example.org") == ["192.0.2.10:5090 by TCP"])
        #expect(
            zone.asked == [
                .naptr("example.org"), .srv("_sip._udp.example.org"), .srv("_sip._tcp.example.org"),
                .addresses("a.example.org"),
            ])
    }

    @Test func withoutAnythingTheHostItselfIsCalled() throws {
        let zone = self.zone
        #expect(try zone.find("sip:x@example.org") == ["192.0.2.1:5060 by UDP"])
        #expect(try zone.find("sips:x@example.org") == ["192.0.2.1:5061 by TLS"])
        #expect(try zone.find("sip:x@nowhere.example") == [])
    }

    @Test func aServiceThatIsDecidedlyNotThereIsNotLookedForElsewhere() throws {
        let zone = self.zone
        for name in ["_sip._udp", "_sip._tcp", "_sips._tcp"] {
            zone.services[name + ".example.org"] = [Self.service(0, 0, 0, "")]
        }
        #expect(try zone.find("sip:x@example.org") == [])
    }

    @Test func aZoneWithoutEndIsNotFollowedForever() throws {
        let zone = Zone()
        zone.pointers["example.org"] = (0..<1000).map { Self.pointer(1, $0, "SIP+D2U", "s\($0).example.org") }
        for number in 0..<1000 {
            zone.services["s\(number).example.org"] = (0..<1000).map { Self.service($0, 1, 5060, "h\($0).example.org") }
            zone.addresses["h\(number).example.org"] = (0..<1000).map { .v4($0) }
        }
        #expect(try zone.find("sip:x@example.org").count == 16)
        #expect(zone.asked.count <= 32)
        zone.addresses = [:]
        #expect(try zone.find("sip:x@example.org").isEmpty)
        #expect(zone.asked.count <= 64)
    }

    @Test func anAnswerOfAnotherKindIsNone() throws {
        var search = SIPTargetSearch(
            try #require(SIPURI("sip:x@example.org")), supported: [.udp], entropy: .seeded(1))
        search.take(.addresses([.loopback4]))
        search.take(.naptr([]))
        search.take(.srv([Self.service(1, 1, 1, "a")]))
        #expect(search.question == nil)
        #expect(search.targets.isEmpty)
        search.take(.addresses([.loopback4]))
    }

    // MARK: RFC 2782

    @Test func everyOrderIsAPermutationByPriority() {
        var generator = SplitMix64(7)
        for seed in 0..<500 as Range<UInt64> {
            let records = (0..<Int.random(in: 0...12, using: &generator)).map { number in
                Self.service(
                    UInt16.random(in: 0...3, using: &generator),
                    [0, 1, 10, .max].randomElement(using: &generator) ?? 0, UInt16(number), "h\(number)")
            }
            let ordered = SRVRecord.inOrder(records, entropy: .seeded(seed))
            #expect(ordered.map(\.port).sorted() == records.map(\.port).sorted())
            #expect(ordered.map(\.priority) == ordered.map(\.priority).sorted())
        }
    }

    @Test func weightsAreTheShareOfFirstPlaces() {
        let records = [Self.service(1, 60, 1, "a"), Self.service(1, 30, 2, "b"), Self.service(1, 10, 3, "c")]
        let entropy = Entropy.seeded(42)
        var first: [UInt16: Int] = [:]
        for _ in 0..<10_000 { first[SRVRecord.inOrder(records, entropy: entropy)[0].port, default: 0] += 1 }
        #expect(abs((first[1] ?? 0) - 6000) < 250)
        #expect(abs((first[2] ?? 0) - 3000) < 250)
        #expect(abs((first[3] ?? 0) - 1000) < 200)
    }

    @Test func weightZeroIsAlmostLastYetNotNever() {
        let records = [Self.service(1, 0, 1, "a"), Self.service(1, 9, 2, "b")]
        let entropy = Entropy.seeded(3)
        let first = (0..<2000).count { _ in SRVRecord.inOrder(records, entropy: entropy)[0].port == 1 }
        #expect(first > 100 && first < 300)
    }
}
