import Glibc
import MediaSecurity
import Primitives

extension MediaLoop {
    /// Sends what is due in this slot: everybody's next frame, and what was held back until now.
    mutating func sendSlot() {
        let slot = wheel.current
        for place in 0..<wheel.members[slot].count { sendNext(Int(wheel.members[slot][place])) }
        for packet in wheel.takeHeld() {
            send(
                Int(packet.participant), Int(packet.frame), sequence: packet.sequence, timestamp: packet.timestamp,
                marker: packet.marker)
        }
        flush()
    }

    private mutating func sendNext(_ index: Int) {
        let participant = participants + index
        if participant.pointee.waits {
            participant.pointee.timestamp &+= options.codec(of: index).timestampStep
            return
        }
        let loop = loops[Int(participant.pointee.loop)]
        let times = participant.pointee.bad == .flood ? 10 : 1
        if loop.packing > 1, wheel.position / Int64(Wheel.slots) % Int64(loop.packing) != 0 { return }
        for _ in 0..<times {
            let frame = Int(participant.pointee.frame)
            participant.pointee.frame = Int32((frame + 1) % loop.count)
            let timestamp = participant.pointee.timestamp
            participant.pointee.timestamp = timestamp &+ options.codec(of: index).timestampStep &* UInt32(loop.packing)
            if participant.pointee.bad == .jump, frame % 100 == 99 {
                participant.pointee.timestamp &+= UInt32(truncatingIfNeeded: random.next())
            }
            let isQuiet = loop.frame(frame).length == 0
            let marker = participant.pointee.wasQuiet && !isQuiet
            participant.pointee.wasQuiet = isQuiet
            if isQuiet { continue }
            let sequence = participant.pointee.sequence
            participant.pointee.sequence = sequence &+ 1
            dispatch(index, frame, sequence: sequence, timestamp: timestamp, marker: marker)
        }
    }

    /// The network between: it loses and delays.
    private mutating func dispatch(_ index: Int, _ frame: Int, sequence: UInt16, timestamp: UInt32, marker: Bool) {
        if options.loss > 0, Double.random(in: 0..<1, using: &random) < options.loss {
            droppedOnPurpose += 1
            return
        }
        let spread = options.jitter.nanoseconds / Wheel.slot.nanoseconds
        if spread > 0 {
            let slots = Int(Int64.random(in: 0...spread, using: &random))
            if slots > 0 {
                wheel.hold(
                    Wheel.Held(
                        participant: Int32(index), frame: Int32(frame), sequence: sequence, timestamp: timestamp,
                        marker: marker), slots: slots)
                return
            }
        }
        send(index, frame, sequence: sequence, timestamp: timestamp, marker: marker)
    }

    private mutating func send(_ index: Int, _ number: Int, sequence: UInt16, timestamp: UInt32, marker: Bool) {
        let participant = participants + index
        guard participant.pointee.isJoined else { return }
        let loop = loops[Int(participant.pointee.loop)]
        let frame = loop.frame(number)
        let socket = participant.pointee.socket
        if socket != batchSocket || sendBatch.isFull {
            flush()
            batchSocket = socket
        }
        var type = participant.pointee.payloadType
        if participant.pointee.bad == .type, sequence % 2 == 1 { type = 77 }
        let space = sendBatch.space
        var length = MediaLoop.write(
            into: space, type: type | (marker ? 0x80 : 0), sequence: sequence, timestamp: timestamp,
            ssrc: participant.pointee.ssrc, levelID: participant.pointee.levelID, level: frame.level,
            loop.payload(frame))
        if participant.pointee.isSecured {
            guard let sealed = try? ciphers[index]?.sending.protect(rtp: space, count: length) else { return }
            length = sealed
        }
        sendBatch.add(length, to: participant.pointee.remote)
        participant.pointee.sent += 1
        total.sent += 1
        if frame.isOnset, participant.pointee.isMarker { onsetWaits = true }
        if participant.pointee.bad == .forge { forge(participant.pointee, frame, loop, sequence, timestamp) }
    }

    private func forge(
        _ participant: Participant, _ frame: TalkLoop.Frame, _ loop: TalkLoop, _ sequence: UInt16, _ timestamp: UInt32
    ) {
        guard let forger else { return }
        withUnsafeTemporaryAllocation(byteCount: 1600, alignment: 16) { space in
            let length = MediaLoop.write(
                into: space, type: participant.payloadType, sequence: sequence &+ 7, timestamp: timestamp,
                ssrc: ~participant.ssrc, levelID: 0, level: 0, loop.payload(frame))
            var remote = participant.remote
            _ = withUnsafePointer(to: &remote) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(
                        forger.descriptor, space.baseAddress, length, Int32(MSG_NOSIGNAL), $0,
                        socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    private mutating func flush() {
        guard sendBatch.count > 0, batchSocket >= 0 else { return }
        sendBatch.flush(sockets[Int(batchSocket)].descriptor)
        guard onsetWaits else { return }
        onsetWaits = false
        markersSent += 1
        if onsets.count >= 32 { onsets.removeFirst(16) }
        onsets.append(MonotonicClock.now.nanoseconds)
    }

    /// An RTP packet (RFC 3550 section 5.1), with its level where one is to be sent (RFC 6464); gives its length.
    static func write(
        into space: UnsafeMutableRawBufferPointer, type: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: UInt32,
        levelID: UInt8, level: UInt8, _ payload: UnsafeRawBufferPointer
    ) -> Int {
        space[0] = levelID > 0 ? 0x90 : 0x80
        space[1] = type
        space.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
        space.storeBytes(of: timestamp.bigEndian, toByteOffset: 4, as: UInt32.self)
        space.storeBytes(of: ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
        var offset = 12
        if levelID > 0 {
            space.storeBytes(of: UInt32(0xbede_0001).bigEndian, toByteOffset: 12, as: UInt32.self)
            space[16] = levelID << 4
            space[17] = level
            space[18] = 0
            space[19] = 0
            offset = 20
        }
        // SRTP adds 16 bytes and less.
        guard payload.count <= space.count - offset - 32 else { return offset }
        UnsafeMutableRawBufferPointer(rebasing: space[offset...]).copyMemory(from: payload)
        return offset + payload.count
    }
}
