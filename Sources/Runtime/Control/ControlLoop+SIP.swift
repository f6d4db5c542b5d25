import Logging
import MediaEngine
import NIOCore
import Primitives
import SIP
import Signalling

extension ControlLoop: SIPSocketDelegate {
    nonisolated func sipDatagram(
        _ bytes: [UInt8], from remote: Primitives.SocketAddress, to local: Primitives.SocketAddress
    ) {
        assumeIsolated {
            let flow = SIPFlow(.udp, local: $0.addresses.concrete(local, peer: remote.ip), remote: remote)
            $0.receive(bytes, on: flow)
        }
    }

    nonisolated func sipConnected(
        _ connection: UInt64, remote: Primitives.SocketAddress, local: Primitives.SocketAddress
    ) {
        assumeIsolated {
            let ours = $0.addresses.local(towards: remote.ip) ?? local
            $0.connections[connection] = SIPConnection(
                flow: SIPFlow(.tcp, local: ours, remote: remote, connection: connection))
        }
    }

    nonisolated func sipBytes(_ bytes: [UInt8], connection: UInt64) {
        assumeIsolated { $0.receive(bytes, connection) }
    }

    nonisolated func sipClosed(_ connection: UInt64, remote: Primitives.SocketAddress) {
        assumeIsolated {
            let wasOpen = $0.connections.removeValue(forKey: connection) != nil
            $0.sockets.forget(connection)
            let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
            if wasOpen {
                $0.settle($0.sip.connectionClosed(connection, conference: $0.conference, at: now, wall: wall))
            } else {
                $0.settle(
                    $0.sip.unreachable(remote, by: .tcp, conference: $0.conference, at: now, wall: wall))
            }
        }
    }

    private func receive(_ bytes: [UInt8], on flow: SIPFlow) {
        settle(
            sip.receive(bytes, on: flow, conference: conference, at: MonotonicClock.now, wall: MonotonicClock.wall))
    }

    private func receive(_ bytes: [UInt8], _ connection: UInt64) {
        guard let flow = connections[connection]?.flow else { return }
        do throws(SIPStreamFramer.Failure) {
            let frames = try connections[connection]?.framer.receive(bytes) ?? []
            if !frames.isEmpty { connections[connection]?.lastHeard = MonotonicClock.now }
            for frame in frames {
                switch frame {
                case .message(let message): receive(message, on: flow)
                case .keepAlive: _ = sockets.send(SIPStreamFramer.pong, connection: connection)
                }
            }
        } catch {
            logger.info("sip: closed a connection from \(flow.remote): \(error)")
            sockets.close(connection)
        }
    }

    /// Closes connections over which nothing came for three minutes, half a message or none, unless a call or a
    /// subscription counts on them.
    func closeIdleConnections() {
        let (now, inUse) = (MonotonicClock.now, sip.connectionsInUse)
        for (number, connection) in connections
        where now - connection.lastHeard >= .seconds(180) && !inUse.contains(number) {
            sockets.close(number)
        }
    }

    func send(_ packet: Outgoing) {
        let flow = packet.flow
        switch flow.transport {
        case .udp: sockets.send(packet.bytes, to: flow.remote, from: flow.local)
        case .tcp:
            if let connection = flow.connection, sockets.send(packet.bytes, connection: connection) { return }
            let known = connections.first { $0.value.flow.remote == flow.remote }?.key
            let connection = known ?? sockets.connect(to: flow.remote, delegate: self)
            _ = sockets.send(packet.bytes, connection: connection)
        }
    }
}

// MARK: - Sockets

extension ControlLoop {
    func adopt(datagram channel: any Channel, local: Primitives.SocketAddress) {
        sockets.adopt(datagram: channel, local: local)
    }

    func adopt(listener channel: any Channel) { sockets.adopt(listener: channel) }

    /// A peer has connected; refused when there are too many.
    nonisolated func adopt(connection channel: any Channel) throws {
        guard let remote = Primitives.SocketAddress(channel.remoteAddress),
            let local = Primitives.SocketAddress(channel.localAddress)
        else {
            throw ChannelError.ioOnClosedChannel
        }
        let number = assumeIsolated { control -> UInt64? in
            guard let number = control.sockets.adopt(connection: channel) else { return nil }
            control.connections[number] = SIPConnection(
                flow: SIPFlow(
                    .tcp, local: control.addresses.concrete(local, peer: remote.ip), remote: remote,
                    connection: number))
            return number
        }
        guard let number else { throw ChannelError.ioOnClosedChannel }
        try channel.pipeline.syncOperations.addHandler(
            SIPStreamHandler(delegate: self, number: number, remote: remote))
    }
}
