import Primitives

extension MediaLeg {
    /// What there is of a leg in a tick, undecoded.
    enum Undecoded {
        /// A packet, and how many are missing right before it.
        case packet(JitterPacket, lost: UInt16)
        /// One that is to be decoded and left out.
        case surplus(JitterPacket)
        /// One should be there.
        case missing
        /// None is expected.
        case pause
    }

    /// More packets than this are not lost: the talker went on elsewhere.
    private static let mostLost: Int64 = 50

    /// Takes what is to be heard in a tick as it came. Nothing decoded may be left over. The memory of a packet is valid
    /// until the next comes.
    /// - Parameter isQuiet: what was taken last was as good as silence.
    mutating func takeUndecoded(_ due: Instant, isQuiet: Bool) -> Undecoded {
        let lost = missingBeforeNext
        switch jitter.pull(due, ahead: 0, wanted: Int64(AudioFrame.count), silent: isQuiet) {
        case .nothing: return .pause
        case .play(let packet):
            return .packet(packet, lost: lost <= Self.mostLost ? UInt16(clamping: lost) : 0)
        case .skip(let packet): return .surplus(packet)
        case .restore, .conceal:
            counts.framesConcealed += 1
            return .missing
        }
    }

    /// Packets that did not come, before the next with sound; those without take places in the sequence.
    private var missingBeforeNext: Int64 {
        var base = jitter.base
        while let head = jitter.store.first(after: base) {
            if head.duration > 0 { return head.sequence - base - 1 }
            base = head.sequence
        }
        return 0
    }

    /// Decodes a packet that was taken undecoded: the next tick finds it.
    mutating func takeUp(_ packet: JitterPacket, isSurplus: Bool) {
        guard let ear, case .audio(let codec) = payloads[packet.payloadType] else { return }
        ear.pointee.decodes += 1
        counts.packetsDecoded += 1
        if isSurplus {
            ear.pointee.skippedCount = ear.pointee.decoder.decode(
                packet.payload, codec, into: ear.pointee.skipped.samples)
        } else {
            ear.pointee.idleTicks = 0
            ear.pointee.lastPayloadLength = packet.payload.count
            let count = ear.pointee.decoder.decode(packet.payload, codec, into: ear.pointee.decoded.end)
            ear.pointee.decoded.append(count)
        }
    }

    /// From now on the leg's packets are taken undecoded: what is decoded and not yet heard is given up.
    mutating func leaveUndecoded() {
        guard let ear else { return }
        jitter.stretched(by: -ear.pointee.decoded.count)
        ear.pointee.decoded.removeAll()
        ear.pointee.skippedCount = 0
    }
}
