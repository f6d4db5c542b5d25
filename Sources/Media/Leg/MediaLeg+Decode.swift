import Primitives

extension MediaLeg {
    /// Up to this peak (-40 dBFS) a change of pace is not heard.
    private static let quiet: Int16 = 330
    /// Ticks for which Opus goes on with the comfort noise of a DTX packet: it sends one every 400 ms.
    private static let comfort = 25

    /// Fills `frame` with what is to be heard in this tick.
    /// - Returns: whether its peak is above `silence`.
    mutating func decodeTick(_ now: Instant, silence: Int16) -> Bool {
        guard settings.receives else {
            if peak > 0 {
                frame.clear()
                peak = 0
            }
            return false
        }
        var turns = 0
        while decoded.count < AudioFrame.count, turns < 2 * Int(PacketStore.span) {
            turns += 1
            step(now)
        }
        if decoded.count < AudioFrame.count { decoded.appendSilence(AudioFrame.count - decoded.count) }
        _ = decoded.take(AudioFrame.count, into: frame.samples)
        peak = AudioLevel.peak(frame.samples, frame.count)
        return peak > silence
    }

    private mutating func step(_ now: Instant) {
        let missing = (AudioFrame.count - decoded.count + 119) / 120 * 120
        let rate = jitter.clockRate
        let action = jitter.pull(
            now, ahead: Int64(decoded.count) * 1_000_000 / 48000, wanted: Int64(missing) * rate / 48000,
            silent: peak <= Self.quiet)
        switch action {
        case .nothing:
            idleTicks += 1
            if decoder.codec == .opus, lastPayloadLength <= 2, lastPayloadLength > 0, idleTicks <= Self.comfort {
                conceal(missing)
            } else {
                decoded.appendSilence(missing)
            }
        case .play(let packet):
            play(packet, missing)
        case .skip(let packet):
            guard case .audio(let codec) = payloads[packet.payloadType] else { return }
            skippedCount = decoder.decode(packet.payload, codec, into: skipped.samples)
        case .restore(let units, let packet):
            guard case .audio(let codec) = payloads[packet.payloadType], codec == decoder.codec else {
                decoded.appendSilence(missing)
                return
            }
            let wanted = Int(units * 48000 / rate)
            let restored = decoder.recover(wanted, from: packet.payload, into: decoded.end)
            if codec == .opus { counts.framesRecovered += 1 } else { counts.framesConcealed += 1 }
            decoded.append(restored)
        case .conceal(let units):
            counts.framesConcealed += 1
            conceal(Int(units * 48000 / rate))
        }
    }

    private mutating func play(_ packet: JitterPacket, _ missing: Int) {
        guard case .audio(let codec) = payloads[packet.payloadType] else { return }
        idleTicks = 0
        lastPayloadLength = packet.payload.count
        let count = decoder.decode(packet.payload, codec, into: decoded.end)
        guard count > 0 else {
            counts.packetsMalformed += 1
            conceal(missing)
            return
        }
        if skippedCount > 0 {
            blend(min(skippedCount, count))
            skippedCount = 0
        }
        decoded.append(count)
    }

    /// Goes over from the packet that was left out to the one after it.
    private func blend(_ count: Int) {
        let samples = decoded.end
        for index in 0..<count {
            let old = Int32(skipped.samples[index]) &* Int32(count - index)
            let new = Int32(samples[index]) &* Int32(index)
            samples[index] = Int16(clamping: (old &+ new) / Int32(count))
        }
    }

    private mutating func conceal(_ count: Int) {
        let made = decoder.conceal(count, into: decoded.end)
        if made > 0 { decoded.append(made) } else { decoded.appendSilence(count) }
    }
}
