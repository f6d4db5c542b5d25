import Primitives

extension MediaLeg {
    /// Encodes a frame for this leg alone and writes an RTP packet.
    /// - Returns: the packet's length; 0 in a tick with which no packet ends.
    mutating func encodeTick(
        _ samples: UnsafePointer<Int16>, tick: UInt64, contributors: borrowing Contributors,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard encoder.ends(with: tick) else {
            _ = encoder.encode(samples, tick: tick, into: memory)
            return 0
        }
        guard let start = writeHeader(contributors, into: memory) else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[start..<min(memory.count, PacketLimits.size)])
        return finish(start, payload: encoder.encode(samples, tick: tick, into: room))
    }

    /// Writes an RTP packet around a payload that others of the same class get too.
    mutating func packShared(
        _ payload: UnsafeRawBufferPointer, contributors: borrowing Contributors,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard payload.count > 0, let start = writeHeader(contributors, into: memory),
            payload.count <= min(memory.count, PacketLimits.size) - start, let source = payload.baseAddress
        else { return 0 }
        UnsafeMutableRawBufferPointer(rebasing: memory[start...]).copyMemory(
            from: UnsafeRawBufferPointer(start: source, count: payload.count))
        return finish(start, payload: payload.count)
    }

    /// Writes the telephone-event packet of this tick, in the place of audio; 0 when none is due.
    mutating func keyTick(into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard let format = settings.sendEvents else {
            keySender.cancel()
            return 0
        }
        let clockRate = min(max(format.clockRate, 50), 192_000)
        guard let key = keySender.tick(unitsPerTick: UInt32(clockRate / 50)) else { return 0 }
        if key.age == 0 {
            let audioRate = UInt64(settings.send.codec.clockRate)
            keyTimestamp = UInt32(truncatingIfNeeded: UInt64(timestamp) * UInt64(clockRate) / audioRate)
        }
        marksNext = true
        let header = RTPHeader.write(
            into: memory, marker: key.marker, payloadType: format.payloadType, sequence: sequence,
            timestamp: keyTimestamp, ssrc: settings.ssrc)
        guard let start = header, memory.count >= start + 4 else { return 0 }
        memory[start] = key.code
        // Volume -10 dBm0 in the lower six bits.
        memory[start + 1] = (key.isEnd ? 0x80 : 0) | 10
        memory.storeBytes(of: key.duration.bigEndian, toByteOffset: start + 2, as: UInt16.self)
        note(payload: 4)
        return start + 4
    }

    /// The tick is over: the clock goes on, whether anything was sent or not.
    mutating func endTick() { timestamp &+= settings.send.codec.clockPerTick }

    mutating func skip(_ ticks: Int) {
        timestamp &+= settings.send.codec.clockPerTick &* UInt32(truncatingIfNeeded: ticks)
        marksNext = true
    }

    /// Writes a report when one is due; 0 when none is.
    mutating func reportTick(_ now: Instant, into memory: UnsafeMutableRawBufferPointer) -> Int {
        compound(now).write(into: memory, cname: cname)
    }

    func isKey() -> Bool { keySender.isActive && settings.sends }

    /// The report with which the stream ends.
    mutating func goodbye(_ now: Instant, into memory: UnsafeMutableRawBufferPointer) -> Int {
        var compound = compound(now)
        compound.isBye = true
        return compound.write(into: memory, cname: cname)
    }

    private mutating func compound(_ now: Instant) -> RTCPCompound {
        reporter.compound(
            now, ssrc: settings.ssrc, ntp: clock.ntp(at: now), rtpTimestamp: timestamp, packets: counts.packetsSent,
            octets: counts.octetsSent, about: source.ssrc, &reception)
    }

    private func writeHeader(
        _ contributors: borrowing Contributors, into memory: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let before = UInt32(settings.ticksPerPacket - 1) * settings.send.codec.clockPerTick
        return RTPHeader.write(
            into: memory, marker: marksNext, payloadType: settings.send.payloadType, sequence: sequence,
            timestamp: timestamp &- before, ssrc: settings.ssrc, contributors: contributors, excluding: source.ssrc,
            levelID: settings.mixerLevelID)
    }

    private mutating func finish(_ start: Int, payload: Int) -> Int {
        guard payload > 0 else { return 0 }
        marksNext = false
        note(payload: payload)
        return start + payload
    }

    private mutating func note(payload: Int) {
        sequence &+= 1
        counts.packetsSent += 1
        counts.octetsSent += UInt64(payload)
    }
}
