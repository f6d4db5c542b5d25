import Conference
import Primitives
import SIP
import Testing

@testable import Signalling

/// Texts outside of calls: hosts that are silent and senders who write a lot are in nobody else's way, and each text has its
/// outcome.
@Suite struct SIPOutsideLimitTests {
    private func text(_ index: Int, from user: String = "alice", to number: String) -> Command {
        .instant(
            InstantMessage(
                id: SubmissionID(UInt64(index)),
                from: PeerAddress(.xmpp, user: user, host: "localhost", resource: "phone"),
                to: PeerAddress(.xmpp, user: number, host: "sip.localhost"),
                .text(InstantText("text \(index)", clientID: "c\(index)"))))
    }

    private func house() -> SIPHouse {
        var house = SIPHouse()
        var configuration = house.conference.configuration
        configuration.textsPerSecond = 1000
        configuration.routes = [
            GatewayRoute(pattern: "1??", host: "127.0.0.1:5080"), GatewayRoute(pattern: "2??", host: "203.0.113.9"),
        ]
        house.conference = Conference(configuration: configuration, entropy: .seeded(1))
        return house
    }

    private func failures(_ house: SIPHouse) -> [UndeliveredText] {
        house.effects.compactMap { if case .undelivered(let text) = $0 { text } else { nil } }
    }

    private func out(_ messages: [SIPMessage]) -> [SIPMessage] { messages.filter { $0.method == .message } }

    @Test func whoWritesToManyThatAreSilentIsInNobodysWay() throws {
        var house = house()
        for round in 0..<100 {
            for address in 0..<20 { house.handle(text(round * 20 + address, to: "2\(address + 10)")) }
        }
        let tooMany = failures(house).count { $0.failure == .internalServerError }
        #expect(tooMany == 1900)
        #expect(house.adapter.outside.load.texts == 100)
        // Others write, and presence is asked for.
        let sent = try #require(out(house.handle(text(5000, from: "bob", to: "100"))).first)
        let phone = SIPPhone("Hundred", port: 5080)
        house.receive(phone.answer(sent), from: phone.address)
        let link = try house.conference.presenceLink(
            from: PeerAddress(.xmpp, user: "bob", host: "localhost"),
            to: PeerAddress(.xmpp, user: "100", host: "sip.localhost")
        ).get()
        #expect(house.handle(.presence(link, .watch)).first(.subscribe) != nil)
        // Each of them gets its outcome, and soon.
        house.run(for: .seconds(65))
        let lost = failures(house)
        #expect(lost.count { $0.sender.user == "alice" } == 2000)
        #expect(Set(lost.compactMap(\.clientID)).count == 2000)
        #expect(lost.count { $0.failure == .remoteServerTimeout } == 100)
        #expect(house.adapter.outside.load == (0, 0, 0))
        #expect(!out(house.handle(text(6000, to: "210"))).isEmpty)
    }

    @Test func aHostHasAShareWhoeverWrites() {
        var house = house()
        for sender in 0..<30 {
            for index in 0..<50 {
                house.handle(text(sender * 50 + index, from: "user\(sender)", to: "2\(10 + sender % 20)"))
            }
        }
        #expect(house.adapter.outside.load.texts == 500)
        #expect(failures(house).count == 1000)
        #expect(out(house.handle(text(9000, from: "bob", to: "100"))).count == 1)
        house.run(for: .seconds(65))
        #expect(failures(house).count == 1501)
        #expect(house.adapter.outside.load == (0, 0, 0))
    }

    @Test func whoIsSilentIsSilentForThoseWhoWaitAndTriedAnewForWhatComesLater() {
        var house = house()
        for index in 0..<5 { house.handle(text(index, to: "210")) }
        house.run(for: .seconds(31))
        #expect(failures(house).isEmpty)
        house.run(for: .seconds(2))
        #expect(failures(house).map(\.clientID) == ["c0", "c1", "c2", "c3", "c4"])
        #expect(Set(out(house.sent).map(\.callID)).count == 1)
        #expect(out(house.handle(text(5, to: "210"))).count == 1)
        #expect(out(house.handle(text(6, to: "210"))).isEmpty)
    }

    @Test func nothingWaitsForMoreThanAMinute() throws {
        var house = house()
        let phone = SIPPhone("Hundred", port: 5080)
        // Answered in time, but slowly: what is behind waits for its own minute.
        house.handle(text(0, to: "100"))
        for index in 1..<5 { house.handle(text(index, to: "100")) }
        for _ in 0..<2 {
            house.run(for: .seconds(25))
            let current = try #require(out(house.sent).last)
            house.receive(phone.answer(current), from: phone.address)
        }
        #expect(failures(house).isEmpty)
        house.run(for: .milliseconds(9_900))
        #expect(failures(house).isEmpty)
        house.run(for: .milliseconds(200))
        #expect(failures(house).map(\.clientID) == ["c3", "c4"])
        #expect(failures(house).allSatisfy { $0.failure == .remoteServerTimeout })
        let current = try #require(out(house.sent).last)
        house.receive(phone.answer(current), from: phone.address)
        house.run(for: .seconds(70))
        #expect(failures(house).count == 2)
        #expect(house.adapter.outside.load == (0, 0, 0))
    }

    @Test func aRefusalIsNoSilence() throws {
        var house = house()
        let phone = SIPPhone("Hundred", port: 5080)
        for index in 0..<3 { house.handle(text(index, to: "100")) }
        let first = try #require(out(house.sent).last)
        let next = out(house.receive(phone.answer(first, 480), from: phone.address))
        #expect(next.count == 1)
        #expect(failures(house).map(\.clientID) == ["c0"])
    }
}
