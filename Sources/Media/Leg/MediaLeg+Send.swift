import Primitives

extension MediaLeg {
    var isKey: Bool { sends && keySender.isActive }

    /// Writes the telephone-event packet of a tick, in the place of audio; 0 when none is due.
    mutating func keyTick(_ tick: UInt64, _ output: inout LegOutput, into memory: UnsafeMutableRawBufferPointer) -> Int
    {
        guard let format = settings.sendEvents else {
            keySender.cancel()
            return 0
        }
        let clockRate = min(max(format.clockRate, 50), 192_000)
        guard let key = keySender.tick(unitsPerTick: UInt32(clockRate / 50)) else { return 0 }
        if key.age == 0 {
            let audioRate = UInt64(settings.send.codec.clockRate)
            keyTimestamp = UInt32(
                truncatingIfNeeded: UInt64(output.timestamp(tick)) * UInt64(clockRate) / audioRate)
        }
        output.interrupt()
        let header = RTPHeader.write(
            into: memory, marker: key.marker, payloadType: format.payloadType, sequence: output.sequence,
            timestamp: keyTimestamp, ssrc: settings.ssrc)
        guard let start = header, memory.count >= start + 4 else { return 0 }
        memory[start] = key.code
        // Volume -10 dBm0 in the lower six bits.
        memory[start + 1] = (key.isEnd ? 0x80 : 0) | 10
        memory.storeBytes(of: key.duration.bigEndian, toByteOffset: start + 2, as: UInt16.self)
        output.count(4)
        return start + 4
    }

    /// Writes a report; `isBye` ends the stream.
    /// - Parameter beyond: what the listener says to whom the leg's packets are relayed.
    mutating func report(
        _ now: Instant, _ tick: UInt64, _ output: LegOutput, isBye: Bool = false, beyond: RTCPReportBlock? = nil,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        var compound = reporter.compound(
            now, ssrc: settings.ssrc, ntp: clock.ntp(at: now), rtpTimestamp: output.timestamp(tick),
            packets: output.packets, octets: output.octets, about: source.ssrc, &reception)
        if let beyond { compound.block?.take(beyond) }
        compound.isBye = isBye
        return compound.write(into: memory, cname: cname)
    }
}
