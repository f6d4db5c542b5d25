import Primitives

extension MediaLeg {
    /// Up to this peak (-40 dBFS) a change of pace is not heard.
    private static let quiet: Int16 = 330
    /// Ticks for which Opus goes on with the comfort noise of a DTX packet: it sends one every 400 ms.
    private static let comfort = 25

    /// Fills the ear's frame with what is to be heard in this tick, and measures it; nil while the leg sleeps.
    mutating func decodeTick(_ now: Instant) -> FrameMeasure? {
        guard let ear else { return nil }
        guard !isHeld else {
            ear.pointee.clearFrame()
            return FrameMeasure(ear.pointee.frame.samples, 0)
        }
        var turns = 0
        while ear.pointee.decoded.count < AudioFrame.count, turns < 2 * Int(PacketStore.span) {
            turns += 1
            step(now, ear)
        }
        let missing = AudioFrame.count - ear.pointee.decoded.count
        if missing > 0 { ear.pointee.decoded.appendSilence(missing) }
        let order = jitter.order
        if order != .keep, ear.pointee.decoded.count > 0 {
            jitter.stretched(by: ear.pointee.stretcher.apply(order, to: &ear.pointee.decoded))
            // What was taken out may have been needed.
            while ear.pointee.decoded.count < AudioFrame.count, turns < 2 * Int(PacketStore.span) {
                turns += 1
                step(now, ear)
            }
        }
        _ = ear.pointee.decoded.take(AudioFrame.count, into: ear.pointee.frame.samples)
        let measure = FrameMeasure(ear.pointee.frame.samples, AudioFrame.count)
        ear.pointee.peak = measure.peak
        return ear.pointee.isComfort ? FrameMeasure(noiseOf: measure.peak) : measure
    }

    /// Whether the frame of the tick due then is there; idle where none is expected.
    func readiness(for due: Instant) -> JitterReadiness {
        guard let ear, !isHeld else { return .idle }
        let missing = AudioFrame.count - ear.pointee.decoded.count
        guard missing > 0 else { return .ready }
        return jitter.readiness(due, wanted: Int64(missing) * jitter.clockRate / 48000)
    }

    private mutating func step(_ now: Instant, _ ear: UnsafeMutablePointer<Ear>) {
        let missing = (AudioFrame.count - ear.pointee.decoded.count + 119) / 120 * 120
        let rate = jitter.clockRate
        let action = jitter.pull(
            now, ahead: Int64(ear.pointee.decoded.count) * 1_000_000 / 48000, wanted: Int64(missing) * rate / 48000,
            silent: ear.pointee.peak <= Self.quiet)
        switch action {
        case .nothing, .restore, .conceal:
            ear.pointee.isComfort = isComfortDue(ear)
            if ear.pointee.isComfort { return comfort(missing, ear) }
        case .play, .skip: ear.pointee.isComfort = false
        }
        switch action {
        case .nothing:
            ear.pointee.idleTicks += 1
            let length = ear.pointee.lastPayloadLength
            if ear.pointee.decoder.codec == .opus, length <= 2, length > 0, ear.pointee.idleTicks <= Self.comfort {
                conceal(missing, ear)
            } else {
                ear.pointee.decoded.appendSilence(missing)
            }
        case .play(let packet):
            play(packet, missing, ear)
        case .skip(let packet):
            guard case .audio(let codec) = payloads[packet.payloadType] else { return }
            ear.pointee.decodes += 1
            counts.packetsDecoded += 1
            ear.pointee.lastSequence = packet.sequence
            ear.pointee.skippedCount = ear.pointee.decoder.decode(
                packet.payload, codec, into: ear.pointee.skipped.samples)
        case .restore(let units, let packet):
            guard case .audio(let codec) = payloads[packet.payloadType], codec == ear.pointee.decoder.codec else {
                ear.pointee.decoded.appendSilence(missing)
                return
            }
            let wanted = Int(units * 48000 / rate)
            let restored = ear.pointee.decoder.recover(wanted, from: packet.payload, into: ear.pointee.decoded.end)
            if codec == .opus { counts.framesRecovered += 1 } else { counts.framesConcealed += 1 }
            ear.pointee.decoded.append(restored)
        case .conceal(let units):
            counts.framesConcealed += 1
            conceal(Int(units * 48000 / rate), ear)
        }
    }

    private mutating func play(_ packet: JitterPacket, _ missing: Int, _ ear: UnsafeMutablePointer<Ear>) {
        guard case .audio(let codec) = payloads[packet.payloadType] else { return }
        ear.pointee.idleTicks = 0
        ear.pointee.lastPayloadLength = packet.payload.count
        ear.pointee.lastSequence = packet.sequence
        ear.pointee.decodes += 1
        counts.packetsDecoded += 1
        let count = ear.pointee.decoder.decode(packet.payload, codec, into: ear.pointee.decoded.end)
        guard count > 0 else {
            counts.packetsMalformed += 1
            conceal(missing, ear)
            return
        }
        if ear.pointee.skippedCount > 0 {
            blend(min(ear.pointee.skippedCount, count), ear)
            ear.pointee.skippedCount = 0
        }
        ear.pointee.decoded.append(count)
    }

    /// Whether comfort noise is what comes between the packet played last and the next that is here (RFC 3389).
    private func isComfortDue(_ ear: UnsafeMutablePointer<Ear>) -> Bool {
        let comfort = ear.pointee.comfort
        guard comfort.isThere else { return false }
        if let last = ear.pointee.lastSequence, !comfort.follows(last) { return false }
        guard let next = jitter.store.first(after: jitter.base) else { return true }
        return !comfort.follows(UInt16(truncatingIfNeeded: next.sequence))
    }

    private func comfort(_ count: Int, _ ear: UnsafeMutablePointer<Ear>) {
        if ear.pointee.comfort.isNew || !ear.pointee.decoder.isComfort {
            ear.pointee.comfort.give(to: &ear.pointee.decoder)
        }
        ear.pointee.decoded.append(ear.pointee.decoder.comfort(count, into: ear.pointee.decoded.end))
    }

    /// Goes over from the packet that was left out to the one after it.
    private func blend(_ count: Int, _ ear: UnsafeMutablePointer<Ear>) {
        let samples = ear.pointee.decoded.end
        let skipped = ear.pointee.skipped.samples
        for index in 0..<count {
            let old = Int32(skipped[index]) &* Int32(count - index)
            let new = Int32(samples[index]) &* Int32(index)
            samples[index] = Int16(clamping: (old &+ new) / Int32(count))
        }
    }

    private func conceal(_ count: Int, _ ear: UnsafeMutablePointer<Ear>) {
        let made = ear.pointee.decoder.conceal(count, into: ear.pointee.decoded.end)
        if made > 0 { ear.pointee.decoded.append(made) } else { ear.pointee.decoded.appendSilence(count) }
    }
}

extension FrameMeasure {
    /// Of comfort noise: heard, but as quiet as can be.
    fileprivate init(noiseOf peak: Int16) {
        self.peak = peak
        level = Decibels.least
    }
}
