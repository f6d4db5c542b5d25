import Primitives

@testable import Media

/// Legs in a mix that relays, on a virtual clock, each with a peer that sends a tone and hears what it gets.
final class RelayStage {
    struct Sent {
        var tick: UInt64
        var slot: Int
        var kind: PacketKind
        var packet: [UInt8]
    }

    var room = MixRoom(capacity: 16)
    var peers: [Peer] = []
    var batch = PacketBatch(capacity: 256)
    var tick: UInt64 = 0
    var sent: [Sent] = []
    /// Changes what a peer sends in a tick: left out, twice, in another order.
    var network: (_ slot: Int, _ tick: UInt64, _ packet: [UInt8]) -> [[UInt8]] = { _, _, packet in [packet] }
    /// Who says nothing at all.
    var away: Set<Int> = []

    init() {
        room.setRelays(true)
    }

    /// The payload numbers of a leg: each has its own.
    static func format(_ codec: AudioCodec, _ slot: Int) -> LegMediaSettings {
        var settings = LegMediaSettings(
            send: .init(payloadType: UInt8(96 + slot), codec: codec),
            receive: [.init(payloadType: UInt8(96 + slot), codec: codec)],
            sendEvents: .init(payloadType: UInt8(110 + slot), clockRate: codec.clockRate),
            receiveEvents: [.init(payloadType: UInt8(110 + slot), clockRate: codec.clockRate)],
            clientLevelID: UInt8(1 + slot), levelID: UInt8(1 + slot), ssrc: UInt32(5000 + slot), cname: "test")
        if codec != .opus { settings.comfortNoise = UInt8(13 + slot) }
        return settings
    }

    @discardableResult
    func add(_ codec: AudioCodec, _ frequency: Double = 440) throws -> Int {
        let slot = peers.count
        var settings = Self.format(codec, slot)
        settings.ssrc = UInt32(100 + slot)
        settings.mixerLevelID = nil
        peers.append(try Peer(settings, frequency: frequency))
        peers[slot].level = (30, isVoice: true)
        _ = room.add(try MediaLeg(Self.format(codec, slot), clock: clock, seed: UInt64(slot + 7)))
        return slot
    }

    /// A re-INVITE changes a leg's codec.
    func change(_ slot: Int, to codec: AudioCodec, _ more: (inout LegMediaSettings) -> Void = { _ in }) throws {
        var settings = Self.format(codec, slot)
        more(&settings)
        try room.update(slot, settings)
        settings.ssrc = UInt32(100 + slot)
        (settings.sends, settings.receives) = (settings.receives, settings.sends)
        peers[slot].leg.update(settings)
        peers[slot].leg.output.update(settings, kind: peers[slot].leg.kind, tick: tick)
        peers[slot].encoder = AudioEncoder(peers[slot].leg.kind, MixConfiguration())
    }

    func now(_ tick: UInt64) -> Instant { milliseconds(Int64(tick) * 20) }

    func run(_ ticks: Int) {
        for _ in 0..<ticks {
            for (slot, peer) in peers.enumerated() where !away.contains(slot) {
                guard let packet = peer.send(tick) else { continue }
                for packet in network(slot, tick, packet) { give(slot, packet) }
            }
            step()
        }
    }

    /// A packet reaches the room, and what it sends at once reaches who listens.
    func give(_ slot: Int, _ packet: [UInt8], after: Duration = .milliseconds(3)) {
        packet.withUnsafeBytes { _ = room.receive(slot, $0, at: now(tick) + after, into: &batch) }
        drain()
    }

    func step() {
        let due = now(tick) + .milliseconds(15)
        room.tick(due: due, now: due, into: &batch)
        drain()
        for peer in peers { peer.hear(now(tick) + .milliseconds(19)) }
        tick += 1
    }

    private func drain() {
        let (now, tick) = (now(tick), tick)
        batch.drain { slot, kind, packet in
            sent.append(Sent(tick: tick, slot: slot, kind: kind, packet: packet))
            peers[slot].receive(packet, at: now + .milliseconds(4))
        }
    }

    /// Packets of sound that a leg was sent.
    func headers(to slot: Int) -> [(tick: UInt64, header: RTPHeader, payload: [UInt8], packet: [UInt8])] {
        sent.filter { $0.slot == slot && $0.kind == .rtp }.compactMap { sent in
            sent.packet.withUnsafeBytes { packet in
                RTPHeader(packet).map { (sent.tick, $0, Array($0.payload(in: packet)), sent.packet) }
            }
        }
    }

    func events() -> [(Int, LegEvent)] {
        var all: [(Int, LegEvent)] = []
        while let next = room.nextEvent() { all.append((next.slot, next.event)) }
        return all
    }

    func level(_ slot: Int, _ frequency: Double, last seconds: Double = 1) -> Double {
        Goertzel.level(peers[slot].heard.suffix(Int(seconds * 48000)), frequency)
    }

    /// What is wrong with a leg's stream as its peer sees it: numbers that come twice or jump, timestamps that go back
    /// or are not where the clock is.
    func faults(to slot: Int, rate: Int, tolerance: Int = 40) -> [String] {
        var faults: [String] = []
        var last: (tick: UInt64, header: RTPHeader)?
        for (tick, header, _, _) in headers(to: slot) {
            defer { last = (tick, header) }
            guard let last else { continue }
            if header.ssrc != last.header.ssrc { faults.append("\(tick): another source") }
            if header.sequence &- last.header.sequence != 1 {
                faults.append("\(tick): number \(last.header.sequence) then \(header.sequence)")
            }
            let step = Int(Int32(bitPattern: header.timestamp &- last.header.timestamp))
            let wanted = Int(tick - last.tick) * rate / 50
            if step <= 0 || abs(step - wanted) > rate / 1000 * tolerance {
                faults.append("\(tick): \(step) units after \(tick - last.tick) ticks")
            }
        }
        return faults
    }

    var work: (decoded: UInt64, encoded: UInt64, relayed: UInt64) {
        var all: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for slot in 0..<room.slotBound {
            guard let one = room.statistics(slot) else { continue }
            all = (all.0 + one.packetsDecoded, all.1 + one.packetsEncoded, all.2 + one.packetsRelayed)
        }
        return all
    }
}
