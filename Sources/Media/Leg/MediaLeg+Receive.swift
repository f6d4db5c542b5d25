import Primitives

extension MediaLeg {
    /// A decrypted RTP or RTCP packet from the peer. Work and memory are bounded whatever it holds.
    mutating func receive(_ packet: UnsafeRawBufferPointer, at arrival: Instant) {
        guard packet.count <= PacketLimits.size, let kind = PacketKind(packet) else {
            counts.packetsMalformed += 1
            return
        }
        switch kind {
        case .rtp: receiveRTP(packet, at: arrival)
        case .rtcp: receiveRTCP(packet, at: arrival)
        }
    }

    private mutating func receiveRTP(_ packet: UnsafeRawBufferPointer, at arrival: Instant) {
        guard let header = RTPHeader(packet) else {
            counts.packetsMalformed += 1
            return
        }
        let meaning = payloads[header.payloadType]
        guard meaning != .unknown else {
            counts.packetsWrongPayload += 1
            return
        }
        guard settings.receives else { return }
        let payload = header.payload(in: packet)
        switch meaning {
        case .unknown: return
        case .audio(let codec):
            guard let samples = AudioDecoder.samples(in: payload, codec) else {
                counts.packetsMalformed += 1
                return
            }
            guard admit(header, packet.count, at: arrival) else { return }
            receiveAudio(header, payload, codec, samples, at: arrival)
            if let id = settings.clientLevelID { clientLevel = AudioLevel.client(id: id, in: packet, header) }
        case .events(let clockRate):
            guard payload.count >= 4 else {
                counts.packetsMalformed += 1
                return
            }
            guard admit(header, packet.count, at: arrival) else { return }
            jitter.insertMarker(sequence: header.sequence, timestamp: header.timestamp, arrival: arrival)
            let news = keys.receive(payload, timestamp: header.timestamp, clockRate: clockRate)
            if let first = news.first { events.add(first) }
            if let second = news.second { events.add(second) }
        }
    }

    /// Whether the packet's source is the one that is heard.
    private mutating func admit(_ header: RTPHeader, _ size: Int, at arrival: Instant) -> Bool {
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
        _ header: RTPHeader, _ payload: UnsafeRawBufferPointer, _ codec: AudioCodec, _ samples: Int,
        at arrival: Instant
    ) {
        if Int64(codec.clockRate) != jitter.clockRate { jitter.reset(clockRate: codec.clockRate) }
        let inserted = jitter.insert(
            sequence: header.sequence, timestamp: header.timestamp, payloadType: header.payloadType,
            duration: samples * codec.clockRate / AudioFrame.rate, payload: payload, arrival: arrival)
        switch inserted {
        case .suspicious, .refused: return
        case .restarted: reception = ReceptionStatistics()
        case .accepted, .late, .duplicate: break
        }
        reception.note(
            sequence: header.sequence, timestamp: header.timestamp, clockRate: codec.clockRate, arrival: arrival)
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
        }
    }
}
