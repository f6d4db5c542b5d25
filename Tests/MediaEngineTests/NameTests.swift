import Conference
import Glibc
import Logging
import Media
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

/// Names that callers said, and names that are read out.
@Suite(.serialized) struct NameTests {
    private let pcmu = Codec(payloadType: 0, name: "PCMU", clockRate: 8000)
    private let synthesiser = access("/usr/bin/espeak-ng", X_OK) == 0

    private func agreed(_ peer: SocketAddress) -> AgreedMedia {
        AgreedMedia(
            name: "0", sendCodec: pcmu, receiveCodecs: [pcmu], sendEvents: nil, receiveEvents: [],
            direction: .sendrecv, ptime: 20, rtcpMux: true, headerExtensions: [],
            transport: .plain(rtp: peer, rtcp: peer))
    }

    private func name(of leg: LegID, in events: [MediaPlane.Event]) -> Bool? {
        for case .named(leg, let hasName) in events { return hasName }
        return nil
    }

    // MARK: Recorded

    @Test func aLegsNameIsKeptUntilItIsForgotten() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let (leg, peer) = (LegID(1), try UDPSocket(bind: SocketAddress(.loopback4, 0)))
        let local = try plane.openPlain(leg, towards: .loopback4)
        guard case .plain(let rtp, _) = local.transport else { return }
        plane.agree(leg, agreed(peer.local))
        plane.connect(leg, MixID(1))
        plane.recordName(leg)
        var sequence: UInt16 = 0
        let start = MonotonicClock.now
        var isEnded = false
        let events = run([plane]) { events in
            let ticks = (MonotonicClock.now - start).components.attoseconds / 20_000_000_000_000_000
            if !isEnded, Int64(sequence) <= ticks, sequence < 45 {
                var packet: [UInt8] = [0x80, 0, 0, UInt8(sequence), 0, 0, 0, 0, 0, 0, 0, 7]
                let time = UInt32(sequence) * 160
                for place in 0..<4 { packet[4 + place] = UInt8(truncatingIfNeeded: time >> (24 - 8 * place)) }
                packet += (0..<160).map { $0 / 4 % 2 == 0 ? 0x90 : 0x10 }
                packet.withUnsafeBytes { peer.descriptor.send($0, to: rtp) }
                sequence += 1
            }
            if sequence == 45, !isEnded {
                isEnded = true
                plane.endNameRecording(leg)
            }
            return name(of: leg, in: events) != nil
        }
        #expect(name(of: leg, in: events) == true)
        #expect(plane.names[leg] != nil)
        plane.forgetName(leg)
        #expect(plane.names.isEmpty)
    }

    @Test func aLegThatIsOverHasNoTapeLeft() throws {
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let (leg, peer) = (LegID(1), try UDPSocket(bind: SocketAddress(.loopback4, 0)))
        _ = try plane.openPlain(leg, towards: .loopback4)
        plane.agree(leg, agreed(peer.local))
        plane.connect(leg, MixID(1))
        plane.recordName(leg)
        plane.close(leg)
        // Its thread has let go of it when it says so.
        _ = run([plane]) { $0.contains { if case .closed(leg, _) = $0 { true } else { false } } }
        plane.names.sweep()
        #expect(plane.names.isEmpty)
        // Nor has one that is in no mix, and one that is not there.
        plane.recordName(leg)
        plane.endNameRecording(leg)
        #expect(name(of: leg, in: plane.drain()) == false)
    }

    @Test func namesAreLimitedInNumber() throws {
        var shelf = NameShelf()
        let tapes = (0..<NameShelf.mostTapes).count { shelf.begin(LegID(UInt64($0))) != nil }
        let beyond = shelf.begin(LegID(1000))
        #expect(tapes == NameShelf.mostTapes && beyond == nil)
        // Silence is no name, and gives its place back.
        let ends = [shelf.end(LegID(0)), shelf.end(LegID(0))]
        #expect(ends == [false, nil])
        let again = shelf.begin(LegID(1000))
        #expect(again != nil)
    }

    // MARK: Read out

    @Test func signsAreNotReadOut() throws {
        let name = try #require(SpokenName("  [[@?]] Anna-Lena <b>O'Neill</b>\u{0}\n 2 🙂", language: "EN"))
        #expect(name.text == "Anna Lena b O'Neill b 2")
        #expect(name.voice == "en-gb")
        #expect(SpokenName("🙂 --", language: "en") == nil)
        #expect(SpokenName("", language: "en") == nil)
        #expect((SpokenName(String(repeating: "a", count: 10_000), language: "de")?.text.count ?? 0) == 60)
        #expect(
            (SpokenName(String(repeating: "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}", count: 60), language: "en"))
                == nil)
    }

    @Test func aNameIsReadOutOnceAndKept() throws {
        guard synthesiser else { return }
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let name = try #require(plane.speech.name("Anna", language: nil))
        #expect(plane.speech.ask(for: name))
        #expect(plane.speech.ask(for: name))
        _ = run([plane]) { _ in plane.speech.isKnown(name) }
        #expect((10_000...96_000).contains(plane.speech[name]?.count ?? 0))
    }

    @Test func namesAreKeptUpToALimit() throws {
        guard synthesiser else { return }
        let service = SpeechService(
            language: "en", mostKnown: 3, bell: try ControlBell(), logger: Logger(label: "test"))
        defer { service.stop() }
        let names = (0..<5).compactMap { service.name("N\($0)", language: nil) }
        let end = MonotonicClock.now + .seconds(30)
        for name in names {
            while !service.isKnown(name), MonotonicClock.now < end {
                _ = service.ask(for: name)
                usleep(5000)
                _ = service.receive()
            }
        }
        #expect(names.map { service.isKnown($0) } == [false, false, true, true, true])
    }

    @Test func anAnnouncementWaitsForItsNamesAndIsPlayedWithout() throws {
        var waiting = WaitingAnnouncements()
        let names = try ["Ann", "Bob"].map { try #require(SpokenName($0, language: "en")) }
        let both = Announcement([.spokenName("Ann"), .spokenName("Bob")])
        let one = Announcement([.spokenName("Bob"), .hasJoined], otherwise: [.joinTone])
        var accepted = [waiting.wait(both, for: Set(names), to: .leg(LegID(1)))]
        accepted.append(waiting.wait(one, for: [names[1]], to: .mix(MixID(1))))
        var ready = waiting.came(names[1]).map(\.announcement)
        #expect(ready == [one])
        ready = waiting.came(names[0]).map(\.announcement)
        #expect(ready == [both])
        ready = waiting.came(names[0]).map(\.announcement)
        #expect(ready.isEmpty)
        for _ in 0..<WaitingAnnouncements.limit {
            accepted.append(waiting.wait(one, for: [names[0]], to: .mix(MixID(1))))
        }
        #expect(!accepted.contains(false))
        let beyond = waiting.wait(one, for: [names[0]], to: .mix(MixID(1)))
        #expect(!beyond)
    }

    @Test func aLanguageThatTheSynthesiserDoesNotHaveIsATone() throws {
        guard synthesiser else { return }
        let plane = try MediaPlane.onLoopback()
        defer { plane.stop() }
        let name = try #require(plane.speech.name("Ann", language: "xx"))
        #expect(plane.speech.ask(for: name))
        var came: [SpokenName] = []
        let end = MonotonicClock.now + .seconds(10)
        while came.isEmpty, MonotonicClock.now < end {
            usleep(5000)
            came = plane.speech.receive()
        }
        #expect(came == [name])
        #expect(!plane.speech.isKnown(name))
    }
}
