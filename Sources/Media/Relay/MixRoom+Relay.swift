public import Primitives

/// Two legs with a codec in common hear each other's packets as they came: nothing is buffered, decoded or encoded. What
/// cannot go that way is mixed, each way for itself, and either takes over from the other within a call.
extension MixRoom {
    /// Ticks without a packet after which the mix keeps the listener company: 5 s.
    private static let patience: UInt64 = 250

    /// Whether packets go from one leg to the other while two are in the mix.
    public mutating func setRelays(_ isWanted: Bool) {
        guard relay.isWanted != isWanted else { return }
        relay.isWanted = isWanted
        if !isWanted { endRelay() }
    }

    /// Whether it may be worth while to give the mix packets together with a place for what it relays.
    public var mayRelay: Bool { relay.isWanted && table.count <= 2 }

    /// Whether a leg gets the other's packets as they come.
    func isRelayed(to slot: Int) -> Bool { table.output(slot).pointee.route == .relayed }

    // MARK: Who is in

    /// Somebody came or is gone.
    mutating func findPair() {
        guard table.count == 2 else {
            endRelay()
            return relay.setPair(-1, -1)
        }
        var pair = (-1, -1)
        for slot in 0..<table.bound where table.isTaken(slot) { pair = (pair.1, slot) }
        relay.setPair(pair.0, pair.1)
    }

    /// Whether what one leg says may go to the other as it comes: nobody is to be left out, and nothing else is said.
    func isOpen(_ source: Int, _ target: Int) -> Bool {
        guard relay.isWanted, tape == nil, captures == 0, !player.isPlaying, !table.leg(source).pointee.isDeaf,
            table.leg(target).pointee.sends, !table.leg(target).pointee.isKey
        else { return false }
        let seat = table.seat(target)
        return !seat.pointee.isDeaf && seat.pointee.prompt?.pointee.isPlaying != true
    }

    // MARK: What comes

    /// A decrypted RTP or RTCP packet from the leg's peer, as `receive(_:_:at:)` takes it; sound, noise and keys go to the
    /// other leg at once where they can.
    /// - Returns: whether `isReady(for:)` may give another answer now.
    @discardableResult
    public mutating func receive(
        _ slot: Int, _ packet: UnsafeRawBufferPointer, at arrival: Instant, into sink: inout some PacketSink & ~Copyable
    ) -> Bool {
        if table.count == 1, isTaken(slot), tape == nil, captures == 0 {
            // Nobody listens yet.
            _ = table.leg(slot).pointee.receive(packet, at: arrival)
            if table.leg(slot).pointee.events.count > 0 { note(slot) }
            return false
        }
        guard isTaken(slot), let target = relay.other(than: slot), isOpen(slot, target),
            PacketKind(packet) == .rtp, let header = RTPHeader(packet)
        else { return receive(slot, packet, at: arrival) }
        let leg = table.leg(slot)
        let before = leg.pointee.counts.packetsReceived
        let keys = leg.pointee.keys.count
        let reception = leg.pointee.receive(packet, at: arrival)
        if leg.pointee.events.count > 0 { note(slot) }
        guard leg.pointee.counts.packetsReceived != before else {
            if let way = relay.way(from: slot), relay.ways[way].ssrc == header.ssrc,
                leg.pointee.payloads[header.payloadType] == .unknown
            {
                relay.ways[way].leaveOut(header.sequence)
            }
            return follow(reception, slot, packet)
        }
        let payload = header.payload(in: packet)
        let part = RelayPart(
            payloadType: header.payloadType, sequence: header.sequence, timestamp: header.timestamp,
            marker: header.marker, payload: payload, beginsKey: leg.pointee.keys.count != keys,
            level: leg.pointee.clientLevel)
        guard case .red = leg.pointee.payloads[header.payloadType] else {
            return relay(part, slot, target, header.ssrc, at: arrival, into: &sink) ?? follow(reception, slot, packet)
        }
        return relay(copiesAnd: part, slot, target, header.ssrc, at: arrival, into: &sink)
            ?? follow(reception, slot, packet)
    }

    /// Packets with copies of earlier ones (RFC 2198) are none of the listener's business: copies of what is missing go
    /// as packets of their own, then the packet itself.
    private mutating func relay(
        copiesAnd part: RelayPart, _ slot: Int, _ target: Int, _ ssrc: UInt32, at arrival: Instant,
        into sink: inout some PacketSink & ~Copyable
    ) -> Bool? {
        guard var blocks = REDReader(part.payload) else { return false }
        var reader = blocks
        var primary = part
        while let block = reader.next() {
            guard block.isPrimary else { continue }
            primary.payloadType = block.payloadType
            primary.payload = block.payload
        }
        guard !primary.payload.isEmpty else {
            if let way = relay.way(from: slot) { relay.ways[way].leaveOut(part.sequence) }
            return false
        }
        // The gap before it is known once it has its place.
        guard let outcome = relay(primary, slot, target, ssrc, at: arrival, into: &sink) else { return nil }
        while let block = blocks.next() {
            guard !block.isPrimary, !block.payload.isEmpty, let way = relay.way(from: slot) else { continue }
            var copy = part
            copy.payloadType = block.payloadType
            copy.payload = block.payload
            copy.sequence = part.sequence &- distance(of: block, table.leg(slot).pointee.payloads)
            copy.timestamp = part.timestamp &- block.timestampOffset
            copy.marker = false
            copy.level = nil
            guard relay.ways[way].isMissing(copy.sequence) else { continue }
            _ = relay(copy, slot, target, ssrc, at: arrival, into: &sink)
        }
        return outcome
    }

    /// How many packets before its own a copy was sent: as its age says, else its place.
    private func distance(of block: REDReader.Block, _ payloads: PayloadMap) -> UInt16 {
        guard case .audio(let codec) = payloads[block.payloadType],
            let samples = AudioDecoder.samples(in: block.payload, codec)
        else { return UInt16(truncatingIfNeeded: block.distance) }
        let duration = codec == .opus ? samples : block.payload.count
        let offset = Int(block.timestampOffset)
        guard duration > 0, offset.isMultiple(of: duration) else { return UInt16(truncatingIfNeeded: block.distance) }
        return UInt16(truncatingIfNeeded: offset / duration)
    }

    /// - Returns: nil where the mix is to have it.
    private mutating func relay(
        _ part: RelayPart, _ slot: Int, _ target: Int, _ ssrc: UInt32, at arrival: Instant,
        into sink: inout some PacketSink & ~Copyable
    ) -> Bool? {
        let leg = table.leg(slot)
        let listener = table.leg(target)
        if let way = relay.way(from: slot), relay.ways[way].ssrc != ssrc { endRelay(way) }
        switch leg.pointee.payloads[part.payloadType] {
        case .unknown, .red: return false
        case .audio(let codec):
            guard codec == listener.pointee.settings.send.codec,
                let samples = AudioDecoder.samples(in: part.payload, codec)
            else {
                if let way = relay.way(from: slot) { endRelay(way) }
                return nil
            }
            let duration = UInt32(truncatingIfNeeded: codec == .opus ? samples : part.payload.count)
            if relay.way(from: slot) == nil, leg.pointee.isAwake {
                beginRelayAwake(slot, target, ssrc, codec, at: arrival, into: &sink)
                return false
            }
            beginRelay(slot, target, ssrc, at: arrival)
            send(part, slot, listener.pointee.settings.send.payloadType, duration, at: arrival, into: &sink)
        case .events(let clockRate):
            guard let way = relay.way(from: slot) else { return nil }
            // Of a key that began elsewhere, whoever was told of it tells the listener: the rest of it stays here.
            guard let events = listener.pointee.settings.sendEvents, events.clockRate == clockRate,
                leg.pointee.keys.isNewest(part.timestamp), part.beginsKey || leg.pointee.keys.isRelayed
            else {
                relay.ways[way].leaveOut(part.sequence)
                return false
            }
            guard send(part, slot, events.payloadType, 0, isKey: true, at: arrival, into: &sink),
                !leg.pointee.keys.isRelayed, let code = part.payload.first
            else { return false }
            leg.pointee.keys.isRelayed = true
            relay.passedKeys.note(code, to: target, tick: ticks)
        case .comfortNoise:
            guard let way = relay.way(from: slot) else { return nil }
            guard let noise = listener.pointee.settings.comfortNoise else {
                relay.ways[way].leaveOut(part.sequence)
                return false
            }
            send(part, slot, noise, 0, at: arrival, into: &sink)
        }
        return false
    }

    // MARK: What goes

    /// - Returns: whether it went.
    @discardableResult
    private mutating func send(
        _ part: RelayPart, _ slot: Int, _ payloadType: UInt8, _ duration: UInt32, isKey: Bool = false,
        at arrival: Instant, into sink: inout some PacketSink & ~Copyable
    ) -> Bool {
        guard let way = relay.way(from: slot) else { return false }
        let target = relay.ways[way].target
        let output = table.output(target)
        let isFirst = !relay.ways[way].hasSent
        guard relay.ways[way].allows(at: arrival) else {
            table.leg(slot).pointee.counts.packetsDiscarded += 1
            return false
        }
        switch relay.ways[way].place(part.sequence, part.timestamp, next: output.pointee.sequence) {
        case .nothing: return false
        case .restart:
            let ssrc = relay.ways[way].ssrc
            endRelay(way)
            // A way begins with sound.
            guard duration > 0 else { return false }
            beginRelay(slot, target, ssrc, at: arrival)
            return send(part, slot, payloadType, duration, at: arrival, into: &sink)
        case .number(let number):
            guard let memory = sink.reserve() else { return false }
            let moved = relay.ways[way].moved(part.timestamp)
            let resumes = duration > 0 && relay.ways[way].resumes(moved)
            if isKey {
                relay.ways[way].note(tick: ticks)
            } else {
                relay.ways[way].note(moved, duration: duration, at: arrival, tick: ticks)
            }
            let length = part.write(
                into: memory, payloadType: payloadType, number: number, timestamp: moved, ssrc: output.pointee.ssrc,
                marker: part.marker || resumes || isFirst && duration > 0,
                levelID: table.leg(target).pointee.settings.levelID ?? 0)
            guard length > 0 else { return false }
            output.pointee.count(part.payload.count, as: number)
            table.leg(slot).pointee.counts.packetsRelayed += 1
            sink.commit(slot: target, kind: .rtp, length: length)
            return true
        }
    }

    // MARK: Begin and end

    /// From now on a leg's packets go as they come. The listener's timestamps go on as time does.
    private mutating func beginRelay(_ slot: Int, _ target: Int, _ ssrc: UInt32, at arrival: Instant) {
        guard relay.way(from: slot) == nil, let free = relay.free else { return }
        let output = table.output(target)
        var start = output.pointee.timestamp(ticks)
        if !table.leg(slot).pointee.isAwake, relay.due > .zero {
            let late = max(arrival.nanoseconds &- relay.due(ticks).nanoseconds, 0)
            start &+= output.pointee.units(in: late)
        }
        leaveSpecial(target)
        output.pointee.route = .relayed
        relay.ways[free] = RelayWay(from: slot, to: target, ssrc: ssrc, start: start, at: arrival, tick: ticks)
    }

    /// The same for a leg that was mixed: what is buffered and was not heard yet goes first, where the mix would have gone
    /// on with it.
    private mutating func beginRelayAwake(
        _ slot: Int, _ target: Int, _ ssrc: UInt32, _ codec: AudioCodec, at arrival: Instant,
        into sink: inout some PacketSink & ~Copyable
    ) {
        beginRelay(slot, target, ssrc, at: arrival)
        let leg = table.leg(slot)
        let payloadType = table.leg(target).pointee.settings.send.payloadType
        var base = leg.pointee.jitter.base
        while let entry = leg.pointee.jitter.store.first(after: base) {
            base = entry.sequence
            let packet = leg.pointee.jitter.packet(entry)
            guard entry.duration > 0, leg.pointee.payloads[entry.payloadType] == .audio(codec) else {
                if let way = relay.way(from: slot) { relay.ways[way].leaveOut(packet.sequence) }
                continue
            }
            let part = RelayPart(
                payloadType: entry.payloadType, sequence: packet.sequence, timestamp: packet.timestamp, marker: false,
                payload: packet.payload, level: nil)
            send(part, slot, payloadType, UInt32(clamping: entry.duration), at: arrival, into: &sink)
        }
        sleep(slot)
    }

    /// The mix takes over towards whom the way leads: its packets go on behind those that were relayed, in number and
    /// time.
    mutating func endRelay(_ index: Int) {
        let way = relay.ways[index]
        guard way.isOn else { return }
        settleTime(of: way)
        relay.ways[index] = RelayWay()
        let output = table.output(way.target)
        output.pointee.interrupt()
        output.pointee.route = table.leg(way.target).pointee.sends ? .shared : .none
        table.leg(way.source).pointee.gate.becomeUnsure()
        // What is left of a key would be another one on the next way.
        table.leg(way.source).pointee.keys.isRelayed = false
        // What the encoder heard last was another time.
        guard let encoder = shared[Int(output.pointee.kind)], encoder.pointee.lastTick != ticks,
            encoder.pointee.lastTick != ticks &- 1
        else { return }
        encoder.pointee.reset()
    }

    mutating func endRelay() {
        endRelay(0)
        endRelay(1)
    }

    /// Whatever is relayed from a leg or to it is mixed from now on.
    mutating func endRelay(of slot: Int) {
        if let way = relay.way(from: slot) { endRelay(way) }
        if let way = relay.way(to: slot) { endRelay(way) }
    }

    mutating func endRelay(to slot: Int) {
        if let way = relay.way(to: slot) { endRelay(way) }
    }

    /// Lets the clock of the listener's stream stand where the relayed packets are.
    private mutating func settleTime(of way: RelayWay) {
        guard way.hasSent else { return }
        let output = table.output(way.target)
        let elapsed = relay.due > .zero ? relay.due(ticks).nanoseconds &- way.arrival.nanoseconds : 0
        output.pointee.set(
            way.timestamp &+ max(output.pointee.units(in: max(elapsed, 0)), way.duration), at: ticks)
    }

    /// In each tick: what may not be relayed any more is not, whether or not packets come.
    mutating func tendRelay(due: Instant) {
        relay.tick = ticks
        relay.due = due
        for index in 0..<2 {
            let way = relay.ways[index]
            guard way.isOn else { continue }
            if !isOpen(way.source, way.target) || ticks &- way.tick > Self.patience { endRelay(index) }
        }
    }

    // MARK: Reports

    /// Before a leg is reported to: what the listener of its packets says of them, which is the loss of both paths, as
    /// gaps before us are gaps behind us (RFC 3550 section 7.2). Nil where nothing is relayed, or nothing was said lately.
    mutating func reportBeyond(_ slot: Int, _ now: Instant) -> RTCPReportBlock? {
        if let way = relay.way(to: slot) { settleTime(of: relay.ways[way]) }
        guard let way = relay.way(from: slot) else { return nil }
        return table.leg(relay.ways[way].target).pointee.reporter.block(at: now)
    }
}
