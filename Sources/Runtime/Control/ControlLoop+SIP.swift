import ICE
import Logging
import MediaEngine
import MediaSecurity
import NIOCore
import Primitives
import SIP
import Signalling

extension ControlLoop: SIPSocketDelegate {
    nonisolated func sipDatagram(
        _ bytes: [UInt8], from remote: Primitives.SocketAddress, to local: Primitives.SocketAddress
    ) {
        if STUNMessage.looksLikeSTUN(bytes) { return answerKeepAlive(bytes, from: remote, to: local) }
        assumeIsolated {
            let flow = SIPFlow(.udp, local: $0.addresses.seen(local, by: remote.ip, .udp), remote: remote)
            $0.receive(bytes, on: flow)
        }
    }

    /// A STUN binding request among SIP keeps a NAT's mapping alive (RFC 5626 section 3.5.2).
    private nonisolated func answerKeepAlive(
        _ bytes: [UInt8], from remote: Primitives.SocketAddress, to local: Primitives.SocketAddress
    ) {
        guard let request = try? STUNMessage(decoding: bytes), request.messageClass == .request,
            request.method == STUNMessage.binding
        else { return }
        let unknown = request.unknownRequired
        let answer =
            unknown.isEmpty
            ? STUNMessage(.success, request.transactionID, [.xorMappedAddress(remote)])
            : STUNMessage(
                .error, request.transactionID,
                [.errorCode(420, reason: "Unknown Attribute"), .unknownAttributes(unknown)])
        assumeIsolated { $0.sockets.send(answer.encoded(key: nil, hashing: .openSSL), to: remote, from: local) }
    }

    nonisolated func sipConnected(_ connection: UInt64, _ route: SIPRoute, local: Primitives.SocketAddress) {
        assumeIsolated {
            let ours = $0.addresses.local(towards: route.remote.ip, by: route.transport) ?? local
            $0.connections[connection] = SIPConnection(
                flow: SIPFlow(
                    route.transport, local: ours, remote: route.remote, connection: connection,
                    serverName: route.serverName),
                clock: SIPConnectionClock(isOurs: true, at: MonotonicClock.now))
        }
    }

    nonisolated func sipBytes(_ bytes: [UInt8], connection: UInt64) {
        assumeIsolated { $0.receive(bytes, connection) }
    }

    nonisolated func sipMessage(_ bytes: [UInt8], connection: UInt64) {
        assumeIsolated { control in
            guard let flow = control.connections[connection]?.flow else { return }
            control.connections[connection]?.clock.heard(messages: 1, isMidMessage: false, at: MonotonicClock.now)
            if bytes == SIPStreamFramer.ping {
                _ = control.sockets.send(SIPStreamFramer.pong, connection: connection)
            } else {
                control.receive(bytes, on: flow)
            }
        }
    }

    nonisolated func sipAlive(_ connection: UInt64) {
        assumeIsolated {
            $0.connections[connection]?.clock.heard(messages: 1, isMidMessage: false, at: MonotonicClock.now)
        }
    }

    nonisolated func sipClosed(_ connection: UInt64) {
        assumeIsolated {
            $0.connections[connection] = nil
            $0.sockets.forget(connection)
            let (now, wall) = (MonotonicClock.now, MonotonicClock.wall)
            $0.settle($0.sip.connectionClosed(connection, conference: $0.conference, at: now, wall: wall))
        }
    }

    nonisolated func sipUnreachable(_ route: SIPRoute, _ reason: String) {
        assumeIsolated {
            $0.logger.info("sip: \(route.remote) cannot be reached by \(route.transport.viaName): \(reason)")
            $0.settle(
                $0.sip.unreachable(
                    route.remote, by: route.transport, conference: $0.conference, at: MonotonicClock.now,
                    wall: MonotonicClock.wall))
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
            let isMidMessage = connections[connection]?.framer.isMidMessage ?? false
            connections[connection]?.clock.heard(
                messages: frames.count, isMidMessage: isMidMessage, at: MonotonicClock.now)
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

    /// Closes connections that say nothing, keeps those alive that a call or a subscription counts on, and looks after
    /// the certificate.
    func tendConnections() {
        let (now, inUse, agreed) = (MonotonicClock.now, sip.connectionsInUse, sip.keepAlives)
        for (number, connection) in connections {
            let isWebSocket = connection.flow.transport.isWebSocket
            var clock = connection.clock
            let action = clock.wake(
                isInUse: inUse.contains(number), keepAlive: isWebSocket ? .seconds(30) : agreed[number], at: now)
            connections[number]?.clock = clock
            switch action {
            case .close(let reason):
                logger.debug("sip: closed a connection from \(connection.flow.remote): \(reason)")
                sockets.close(number)
            case .ping where isWebSocket: sockets.pingWebSocket(number)
            case .ping:
                connections[number]?.framer.expectPong()
                _ = sockets.send(SIPStreamFramer.ping, connection: number)
            case nil: break
            }
        }
        sockets.tls?.refresh(on: loop) { [logger] in logger.notice("sip: \($0)") }
    }

    func send(_ packet: Outgoing) {
        let flow = packet.flow
        if flow.transport == .udp { return sockets.send(packet.bytes, to: flow.remote, from: flow.local) }
        if let connection = flow.connection, sockets.send(packet.bytes, connection: connection) { return }
        let route = SIPRoute(flow)
        guard !flow.transport.isWebSocket else {
            // Only the peer can open another one.
            loop.execute { [self] in sipUnreachable(route, "its WebSocket is gone") }
            return
        }
        _ = sockets.send(packet.bytes, connection: sockets.connect(route, delegate: self))
    }
}

// MARK: - Sockets

extension ControlLoop {
    func adopt(datagram channel: any Channel, local: Primitives.SocketAddress) {
        sockets.adopt(datagram: channel, local: local)
    }

    func adopt(listener channel: any Channel) { sockets.adopt(listener: channel) }

    /// A peer has connected; refused when there are too many.
    nonisolated func adopt(
        connection channel: any Channel, _ transport: SIPTransport, _ upgrade: SIPWebSocketUpgrade
    ) throws {
        guard let remote = Primitives.SocketAddress(channel.remoteAddress),
            let local = Primitives.SocketAddress(channel.localAddress)
        else {
            throw ChannelError.ioOnClosedChannel
        }
        let number = try assumeIsolated { control -> UInt64? in
            if transport.isSecure {
                guard let tls = control.sockets.tls else { return nil }
                try tls.accept(channel)
            }
            guard let number = control.sockets.adopt(connection: channel, from: remote.ip) else { return nil }
            control.connections[number] = SIPConnection(
                flow: SIPFlow(
                    transport, local: control.addresses.seen(local, by: remote.ip, transport), remote: remote,
                    connection: number),
                clock: SIPConnectionClock(at: MonotonicClock.now))
            return number
        }
        guard let number else { throw ChannelError.ioOnClosedChannel }
        channel.closeFuture.whenComplete { [self] _ in sipClosed(number) }
        if transport.isWebSocket {
            try upgrade.configure(channel, number: number, delegate: self)
        } else {
            try channel.pipeline.syncOperations.addHandler(SIPStreamHandler(delegate: self, number: number))
        }
    }
}
