import Primitives
import Testing

@testable import Media

@Suite struct TelephoneEventTests {
    private var receiver = TelephoneEventReceiver()
    private var said: [LegEvent] = []

    private mutating func hear(
        _ code: UInt8, _ timestamp: UInt32, _ duration: Int, end: Bool = false, marker: Bool = false, rate: Int = 48000
    ) {
        let payload = [code, end ? 0x8a : 0x0a, UInt8(duration >> 8 & 255), UInt8(duration & 255)]
        payload.withUnsafeBytes {
            let news = receiver.receive($0, timestamp: timestamp, clockRate: rate, marker: marker)
            said += [news.first, news.second].compactMap(\.self)
        }
    }

    /// A key of which an update comes each 20 ms; each segment is so long (RFC 4733 section 2.5.1.3).
    private mutating func hold(
        _ units: Int, rate: Int, segment: Int, from start: UInt32 = .max - 70_000,
        lost: (_ update: Int) -> Bool = { _ in false }
    ) {
        var base = 0
        for update in 1...units / (rate / 50) {
            let elapsed = update * rate / 50
            if elapsed - base > segment { base += segment }
            if lost(update) { continue }
            hear(5, start &+ UInt32(base), elapsed - base, marker: update == 1, rate: rate)
        }
        for _ in 0..<3 { hear(5, start &+ UInt32(base), units - base, end: true, rate: rate) }
    }

    @Test(arguments: [8000, 48000]) mutating func aKeyThatIsHeldLongIsOneKey(_ rate: Int) {
        hold(20 * rate, rate: rate, segment: 0xffff)
        #expect(said == [.digit(5), .digitEnded(5, milliseconds: 20_000)])
    }

    /// Whole updates to a segment, so that the next begins where the last one ended; or short ones, as for packets with
    /// copies.
    @Test(arguments: [960 * 68, 960 * 17, 960]) mutating func segmentsMayBeShorter(_ segment: Int) {
        hold(48000 * 5, rate: 48000, segment: segment)
        #expect(said == [.digit(5), .digitEnded(5, milliseconds: 5000)])
    }

    @Test(arguments: [0xffff, 960 * 68]) mutating func theLastWordOfASegmentMayBeLost(_ segment: Int) {
        for update in 66...71 {
            said = []
            receiver = TelephoneEventReceiver()
            hold(48000 * 5, rate: 48000, segment: segment) { $0 == update || $0 == update + 67 }
            #expect(said == [.digit(5), .digitEnded(5, milliseconds: 5000)], "\(update)")
        }
    }

    @Test mutating func aKeyWhoseEndWasLostIsAnotherThanTheNext() {
        hear(5, 1000, 960, marker: true)
        hear(5, 1000, 1920)
        // The end is lost, then a packet or a whole segment of something else may be.
        hear(5, 1000 + 4800, 960, marker: true)
        hear(5, 1000 + 9600, 960)
        hear(5, 1000 + 9600 + 0xffff - 480, 960, marker: true)
        hear(6, 1000 + 9600 + 0xffff + 480, 960)
        #expect(said.filter { if case .digit = $0 { true } else { false } } == [5, 5, 5, 5, 6].map { .digit($0) })
    }

    @Test mutating func afterItsEndAKeyIsPressedAnew() {
        hear(5, 1000, 960, marker: true)
        hear(5, 1000, 1920, end: true)
        hear(5, 2920, 960, marker: true)
        #expect(said == [.digit(5), .digitEnded(5, milliseconds: 40), .digit(5)])
    }

    @Test mutating func whatNobodyWouldSendDoesNoHarm() {
        var random = SplitMix(4)
        for _ in 0..<200_000 {
            hear(
                UInt8(random.next() % 3), UInt32(truncatingIfNeeded: random.next() % 8 * 0xffff),
                Int(random.next() % 4 * 0x5555), end: random.next().isMultiple(of: 64),
                marker: random.next().isMultiple(of: 2), rate: 1)
        }
        receiver = TelephoneEventReceiver()
        said = []
        // Days of one key.
        for segment in 0..<500_000 { hear(1, UInt32(truncatingIfNeeded: segment * 0xffff), 0xffff) }
        #expect(said.count == 1)
    }

    /// What a duration cannot say is not sent.
    @Test(arguments: [UInt32(160), 960, 3840]) func aKeyOfOursIsNoLongerThanItsDuration(_ units: UInt32) {
        var sender = TelephoneEventSender()
        sender.send(1, milliseconds: 6000)
        var last: TelephoneEventSender.Packet?
        for _ in 0..<400 {
            guard let packet = sender.tick(unitsPerTick: units) else { continue }
            #expect(packet.duration == UInt16(min(packet.age + 1, min(300, 0xffff / units)) * units))
            last = packet
        }
        #expect(last?.isEnd == true && !sender.isActive)
    }

    /// RFC 2198: a key of which only copies came.
    @Test func aCopyTellsOfAKey() throws {
        var leg = try MediaLeg(REDRoomTests.settings(.pcmu), clock: clock, seed: 1)
        let sound = [UInt8](repeating: 0x80, count: 160)
        let packets = [
            REDRoomTests.red([(96, 0, sound)], sequence: 1, timestamp: 160),
            REDRoomTests.red([(101, 320, [5, 0x8a, 1, 64]), (96, 0, sound)], sequence: 5, timestamp: 800),
            REDRoomTests.red([(101, 480, [5, 0x8a, 1, 64]), (96, 0, sound)], sequence: 6, timestamp: 960),
        ]
        for (index, packet) in packets.enumerated() {
            packet.withUnsafeBytes { _ = leg.receive($0, at: milliseconds(Int64(index) * 20)) }
        }
        var events: [LegEvent] = []
        while let event = leg.events.next() { events.append(event) }
        #expect(events == [.source(9), .digit(5), .digitEnded(5, milliseconds: 40)])
    }
}
