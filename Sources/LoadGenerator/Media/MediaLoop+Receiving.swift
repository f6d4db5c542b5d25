import CLinux
import Glibc
import Media
import MediaSecurity
import Primitives

extension MediaLoop {
    /// Reads all that has come.
    mutating func receive() {
        while true {
            let ready = withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { events in
                let count = Int(epoll_wait(poller, events.baseAddress, Int32(events.count), 0))
                for index in 0..<max(count, 0) { read(Int(events[index].data.u32)) }
                return count
            }
            if ready < 256 { return }
        }
    }

    private mutating func read(_ socket: Int) {
        guard sockets.indices.contains(socket) else { return }
        // What keeps coming must not keep the sending from its time.
        for _ in 0..<16 {
            let count = receiveBatch.fill(sockets[socket].descriptor)
            for index in 0..<count { take(index, socket: socket) }
            if count < ReceiveBatch.capacity { return }
        }
    }

    private mutating func take(_ index: Int, socket: Int) {
        let datagram = receiveBatch.datagram(index)
        guard datagram.count >= 12 else { return }
        let source = receiveBatch.source(index)
        let first = datagram[0]
        guard first >> 6 == 2 else {
            // RFC 7983: STUN and DTLS are not for this thread.
            if first < 64 {
                board.pass(
                    Stray(
                        socket: socket, source: SocketAddress(.v4(source.address), source.port),
                        bytes: Array(datagram)))
            }
            return
        }
        // RTCP (RFC 5761 section 4).
        if (192...223).contains(datagram[1]) { return }
        guard let number = addresses[AddressMap.key(source.address, source.port, socket: socket)],
            participants[Int(number)].isJoined
        else {
            unknown += 1
            return
        }
        let civil = receiveBatch.arrival(index, drops: &drops[socket])
        let arrival = civil == 0 ? MonotonicClock.now.nanoseconds : civil &+ civilOffset
        count(Int(number), datagram, arrival)
    }

    private mutating func count(_ index: Int, _ datagram: UnsafeMutableRawBufferPointer, _ arrival: Int64) {
        let participant = participants + index
        let listener = Int(participant.pointee.listener)
        var clear = datagram
        if participant.pointee.isSecured, listener >= 0 || options.unprotectAll {
            guard let length = try? ciphers[index]?.receiving.unprotect(rtp: datagram, count: datagram.count) else {
                unauthentic += 1
                return
            }
            clear = UnsafeMutableRawBufferPointer(rebasing: datagram[..<length])
        }
        let isFirst = participant.pointee.reception.firstArrival == 0
        let sequence = UInt16(clear[2]) << 8 | UInt16(clear[3])
        let timestamp = MediaLoop.word(clear, 4)
        participant.pointee.reception.take(
            ssrc: MediaLoop.word(clear, 8), sequence: sequence, timestamp: timestamp, length: datagram.count,
            step: options.codec(of: index).timestampStep, arrival: arrival)
        total.received += 1
        if isFirst { board.tell(first: index, at: Instant(nanoseconds: arrival)) }
        guard listener >= 0, let header = RTPHeader(UnsafeRawBufferPointer(clear)) else { return }
        // Comfort noise and events are no sound to us.
        guard header.payloadType == participant.pointee.payloadType else { return }
        listeners[listener].hear(
            header.payload(in: UnsafeRawBufferPointer(clear)), timestamp: timestamp, arrival: arrival)
        for onset in listeners[listener].takeOnsets() { noteDelay(listener, onset) }
    }

    /// A burst was heard: it is the last one sent before, if that is less than a second ago.
    private mutating func noteDelay(_ listener: Int, _ arrival: Int64) {
        guard let sent = onsets.last(where: { $0 <= arrival }), arrival - sent < 950_000_000, isMeasuring else {
            return
        }
        listeners[listener].note(arrival, sent: sent)
    }

    private static func word(_ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
            | UInt32(bytes[offset + 3])
    }
}
