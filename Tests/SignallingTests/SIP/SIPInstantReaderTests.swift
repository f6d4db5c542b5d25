import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// Who is believed when it shows what a number reads: not everybody who writes the number into From.
@Suite struct SIPInstantReaderTests {
    private let hundred = PeerAddress(.sip, user: "100", host: "127.0.0.1:5080")
    private let stranger = SocketAddress(IPAddress("203.0.113.9") ?? .loopback4, 5080)
    private let cpim =
        "From: <sip:100@127.0.0.1:5080>\r\nTo: <sip:alice@localhost>\r\n\r\nContent-Type: text/plain\r\n\r\nhi"

    private func phone() -> SIPPhone {
        var phone = SIPPhone("Hundred", port: 5080, calls: "sip:alice@localhost")
        phone.identity = SIPURI(user: "100", host: "127.0.0.1", port: 5080)
        return phone
    }

    private func known(_ house: SIPHouse) -> InstantReaders.Abilities { house.adapter.readers[hundred] }

    @Test func whatAStrangerSaysOfANumberIsNotBelieved() {
        var house = SIPHouse()
        var forger = phone()
        house.receive(forger.message(cpim, type: "message/cpim"), from: stranger)
        house.receive(forger.message(IsComposing(isActive: true).xml, type: IsComposing.mediaType), from: stranger)
        #expect(known(house) == InstantReaders.Abilities())
        // The texts themselves go where they went.
        #expect(house.effects.contains { if case .pass = $0 { true } else { false } })
    }

    @Test func whatComesFromWhereTheRoutesLeadIsBelieved() {
        var house = SIPHouse()
        var phone = phone()
        house.receive(phone.message(cpim, type: "message/cpim"), from: phone.address)
        #expect(known(house) == InstantReaders.Abilities(cpim: true, composing: nil))
        house.receive(phone.message(IsComposing(isActive: true).xml, type: IsComposing.mediaType), from: phone.address)
        #expect(known(house) == InstantReaders.Abilities(cpim: true, composing: true))
    }

    @Test func whatATrustedPeerSaysIsBelieved() {
        var house = SIPHouse(trusting: [IPNetwork("203.0.113.9/32")].compactMap(\.self))
        var phone = phone()
        house.receive(phone.message(cpim, type: "message/cpim"), from: stranger)
        #expect(known(house).cpim == true)
    }

    @Test func whoMayNotWriteShowsNothing() {
        var house = SIPHouse()
        var phone = phone()
        var configuration = house.conference.configuration
        configuration.gatewayPolicy = .accounts
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        house.receive(phone.message(cpim, type: "message/cpim"), from: phone.address)
        #expect(known(house) == InstantReaders.Abilities())
    }

    @Test(arguments: [true, false]) func inACallTheForgedCallerShowsWhatItReadsThereAlone(isForged: Bool) throws {
        var house = SIPHouse()
        var phone = phone()
        let from = isForged ? stranger : phone.address
        house.receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: from)
        let leg = try #require(house.effects.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }.last)
        let ok = try #require(house.handle(.legAnswered(leg)).first(200))
        house.receive(phone.ack(ok), from: from)
        house.receive(phone.message(cpim, type: "message/cpim"), from: from)
        #expect(house.adapter.legs.values.values.contains { $0.text.speaksCPIM })
        #expect(known(house).cpim == (isForged ? nil : true))
    }
}
