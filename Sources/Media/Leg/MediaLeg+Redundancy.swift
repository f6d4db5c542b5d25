import Primitives

extension MediaLeg {
    /// A packet with copies of earlier ones came (RFC 2198): what it is itself goes its usual way, and copies fill the
    /// gaps that losses left.
    /// - Returns: nil for what is not the leg's, or cannot be used.
    mutating func receiveRED(
        _ header: RTPHeader, _ payload: UnsafeRawBufferPointer, _ clockRate: Int, _ packet: UnsafeRawBufferPointer,
        at arrival: Instant
    ) -> Reception? {
        guard let blocks = REDReader(payload) else {
            counts.packetsMalformed += 1
            return nil
        }
        let before = jitter.hasReference ? jitter.highest : .max
        var reader = blocks
        var reception: Reception?
        while let block = reader.next() {
            guard block.isPrimary else { continue }
            reception = receivePrimary(header, block, clockRate, packet, at: arrival)
        }
        guard let reception else { return nil }
        let missing = jitter.highest > before ? jitter.highest - before - 1 : 0
        reader = blocks
        var isFilled = false
        while let block = reader.next() {
            guard !block.isPrimary else { continue }
            if case .events(let rate) = payloads[block.payloadType], rate == clockRate {
                receiveKey(
                    block.payload, timestamp: header.timestamp &- block.timestampOffset, clockRate: rate, marker: false)
            }
            guard let duration = duration(of: block, clockRate) else { continue }
            note(block.timestampOffset, duration, header.timestamp, missing, at: arrival)
            let isNew = jitter.insertRedundant(
                sequence: header.sequence, timestamp: header.timestamp, offset: block.timestampOffset,
                distance: block.distance, payloadType: block.payloadType, duration: duration, payload: block.payload)
            if isNew { isFilled = true }
        }
        switch reception {
        // Who looks at a packet does not look into this kind of it.
        case .probe(let sequence): return .wake(sequence: sequence)
        case .nothing where isFilled && isAwake && !isMuted: return .buffered
        default: return reception
        }
    }

    private mutating func receivePrimary(
        _ header: RTPHeader, _ block: REDReader.Block, _ clockRate: Int, _ packet: UnsafeRawBufferPointer,
        at arrival: Instant
    ) -> Reception? {
        if case .audio(let codec) = payloads[block.payloadType] {
            guard codec.clockRate == clockRate else {
                counts.packetsWrongPayload += 1
                return nil
            }
            if block.payload.isEmpty {
                // Nothing new but the copies.
                guard admit(header, packet.count, at: arrival) else { return nil }
                insertMarker(header, at: arrival)
                return .nothing
            }
        }
        return receive(header, block.payloadType, block.payload, packet, at: arrival)
    }

    /// A copy of a packet that is missing stands for it, as if it had come so late itself: where that happens again and
    /// again, copies are waited for.
    /// - Parameters:
    ///   - offset: how much older than the timestamp it is.
    ///   - missing: packets that were lost, or are late, right before the one with the copy.
    private mutating func note(
        _ offset: UInt32, _ duration: Int, _ timestamp: UInt32, _ missing: Int64, at arrival: Instant
    ) {
        let distance = (Int64(offset) + Int64(duration) / 2) / Int64(max(duration, 1))
        guard (1...REDReader.farthest).contains(distance), distance <= missing else { return }
        let newest = jitter.newestEnd
        let time = newest + Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: newest))) - Int64(offset)
        let now = jitter.micros(arrival)
        _ = jitter.estimate.note(transit: now - jitter.micros(time), at: now)
    }

    /// Timestamp units in a copy; nil when it is of no use.
    private func duration(of block: REDReader.Block, _ clockRate: Int) -> Int? {
        guard case .audio(let codec) = payloads[block.payloadType], codec.clockRate == clockRate,
            Int64(clockRate) == jitter.clockRate, let samples = AudioDecoder.samples(in: block.payload, codec)
        else { return nil }
        return codec == .opus ? samples : block.payload.count
    }
}
