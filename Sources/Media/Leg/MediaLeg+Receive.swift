import Primitives

extension MediaLeg {
    /// A decrypted RTP or RTCP packet from the peer. Work and memory are bounded whatever it holds.
    mutating func receive(_ packet: UnsafeRawBufferPointer, at arrival: Instant) -> Reception {
        guard packet.count <= PacketLimits.size, let kind = PacketKind(packet) else {
            counts.packetsMalformed += 1
            return .nothing
        }
        if kind == .rtp { return receiveRTP(packet, at: arrival) }
        receiveRTCP(packet, at: arrival)
        return .nothing
    }

    private mutating func receiveRTP(_ packet: UnsafeRawBufferPointer, at arrival: Instant) -> Reception {
        guard let header = RTPHeader(packet) else {
            counts.packetsMalformed += 1
            return .nothing
        }
        let meaning = payloads[header.payloadType]
        guard meaning != .unknown else {
            counts.packetsWrongPayload += 1
            // It is not looked at; that it came is no loss (RFC 3550 section 5.1).
            if !isHeld, header.ssrc == source.ssrc { insertMarker(header, at: arrival) }
            return .nothing
        }
        guard !isHeld else { return .nothing }
        let payload = header.payload(in: packet)
        if case .red(let clockRate) = meaning {
            return receiveRED(header, payload, clockRate, packet, at: arrival) ?? .nothing
        }
        return receive(header, header.payloadType, payload, packet, at: arrival) ?? .nothing
    }

    /// What a packet carries.
    /// - Returns: nil for what is not the leg's, or cannot be used.
    mutating func receive(
        _ header: RTPHeader, _ payloadType: UInt8, _ payload: UnsafeRawBufferPointer, _ packet: UnsafeRawBufferPointer,
        at arrival: Instant
    ) -> Reception? {
        switch payloads[payloadType] {
        case .unknown, .red:
            counts.packetsWrongPayload += 1
            return nil
        case .audio(let codec):
            guard let samples = AudioDecoder.samples(in: payload, codec) else {
                counts.packetsMalformed += 1
                return nil
            }
            guard admit(header, packet.count, at: arrival) else { return nil }
            clientLevel = levelID > 0 ? AudioLevel.client(id: levelID, in: packet, header) : nil
            return receiveAudio(header, payloadType, payload, codec, samples, at: arrival)
        case .events(let clockRate):
            guard payload.count >= 4 else {
                counts.packetsMalformed += 1
                return nil
            }
            guard admit(header, packet.count, at: arrival) else { return nil }
            insertMarker(header, at: arrival)
            receiveKey(payload, timestamp: header.timestamp, clockRate: clockRate, marker: header.marker)
        case .comfortNoise:
            guard payload.count > 0, admit(header, packet.count, at: arrival) else { return nil }
            insertMarker(header, at: arrival)
            ear?.pointee.comfort.take(payload, sequence: header.sequence)
            _ = gate.notice(.pause)
        }
        return .nothing
    }

    /// A telephone-event, or a copy of one.
    mutating func receiveKey(_ payload: UnsafeRawBufferPointer, timestamp: UInt32, clockRate: Int, marker: Bool) {
        let news = keys.receive(payload, timestamp: timestamp, clockRate: clockRate, marker: marker)
        if let first = news.first { events.add(first) }
        if let second = news.second { events.add(second) }
    }

    /// A packet that is no sound took a number of the sequence.
    mutating func insertMarker(_ header: RTPHeader, at arrival: Instant) {
        jitter.insertMarker(sequence: header.sequence, timestamp: header.timestamp, arrival: arrival)
        if reception.isNear(header.sequence) { reception.note(sequence: header.sequence) }
    }

    /// Whether the packet's source is the one that is heard.
    mutating func admit(_ header: RTPHeader, _ size: Int, at arrival: Instant) -> Bool {
        if arrival - source.lastHeard > .seconds(1) { gate.becomeUnsure() }
        switch source.admit(header.ssrc, sequence: header.sequence, at: arrival) {
        case .known: break
        case .new:
            forgetHeard()
            reception = ReceptionStatistics()
            reporter.forgetSource()
            events.add(.source(header.ssrc))
        case .stranger:
            counts.packetsWrongSource += 1
            return false
        }
        counts.packetsReceived += 1
        counts.octetsReceived += UInt64(size)
        return true
    }

    private mutating func receiveAudio(
        _ header: RTPHeader, _ payloadType: UInt8, _ payload: UnsafeRawBufferPointer, _ codec: AudioCodec,
        _ samples: Int, at arrival: Instant
    ) -> Reception? {
        if Int64(codec.clockRate) != jitter.clockRate {
            jitter.reset(clockRate: codec.clockRate)
            jitter.canRestore = false
        }
        if codec == .opus, !jitter.canRestore, OpusPacket.hasCorrection(payload) { jitter.canRestore = true }
        let inserted = jitter.insert(
            sequence: header.sequence, timestamp: header.timestamp, payloadType: payloadType,
            duration: codec == .opus ? samples : payload.count, payload: payload, arrival: arrival)
        switch inserted {
        case .suspicious, .refused: return nil
        case .restarted: reception = ReceptionStatistics()
        case .accepted, .late, .duplicate: break
        }
        reception.note(
            sequence: header.sequence, timestamp: header.timestamp, clockRate: codec.clockRate, arrival: arrival)
        if inserted == .accepted, let key = inbandKeys?.hear(payload, codec) { events.add(.digit(key)) }
        guard !isMuted, inserted != .late, inserted != .duplicate else { return .nothing }
        if isAwake, clientLevel == nil, codec != .opus { return .buffered }
        let wish = gate.notice(VoiceHint(payload, codec, samples: samples, client: clientLevel, &g722))
        switch wish {
        case .nothing: return isAwake ? .buffered : .nothing
        case .wake: return .wake(sequence: header.sequence)
        case .probe: return .probe(sequence: header.sequence)
        }
    }

    private mutating func receiveRTCP(_ packet: UnsafeRawBufferPointer, at arrival: Instant) {
        guard var reader = RTCPReader(packet) else {
            counts.packetsMalformed += 1
            return
        }
        while let next = reader.next() {
            switch next {
            case .senderReport(let ssrc, let sender, let blocks):
                if ssrc == source.ssrc { reporter.note(sender, at: arrival) }
                note(blocks, at: arrival)
            case .receiverReport(_, let blocks):
                note(blocks, at: arrival)
            case .bye(let sources):
                guard let heard = source.ssrc, sources.contains(heard) else { continue }
                source.release()
                events.add(.bye)
            case .sourceDescription, .other:
                break
            }
        }
    }

    private mutating func note(_ blocks: RTCPReportBlocks, at arrival: Instant) {
        for index in 0..<blocks.count {
            guard let block = blocks[index], block.ssrc == settings.ssrc else { continue }
            reporter.note(block, ntp: clock.ntp(at: arrival))
            reporter.keep(block, at: arrival)
            if let report = reporter.takeReport(), loss.report(fractionLost: report.fractionLost, at: arrival) {
                isKindOld = true
            }
        }
    }
}
