import Glibc
import Logging
import NIOCore
import NIOPosix
import Primitives
import SIP

/// Where SIP listens: each transport that is served, on each address.
extension Startup {
    func listen(_ loop: any EventLoop, _ control: ControlLoop) async throws {
        var opened = 0
        for ip in settings.listen where try await listen(on: ip, loop, control) { opened += 1 }
        if opened == 0 { throw StartupProblem("none of the addresses of the setting `listen` can be listened on") }
    }

    /// False when the machine has no such address.
    private func listen(on ip: IPAddress, _ loop: any EventLoop, _ control: ControlLoop) async throws -> Bool {
        for transport in SIPTransport.allCases {
            guard let port = settings.sip.ports[transport] else { continue }
            let address = SocketAddress(ip, port)
            do {
                if transport == .udp {
                    try await receive(on: address, loop, control)
                } else {
                    try await accept(on: address, transport, loop, control)
                }
                logger.info("SIP listens on \(address), \(transport.viaName)")
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                throw StartupProblem(
                    "port \(port) on \(ip) is in use by another program (SIP, setting \(transport.portSetting))")
            } catch let error as IOError
                where ip.isV6 && (error.errnoCode == EADDRNOTAVAIL || error.errnoCode == EAFNOSUPPORT)
            {
                logger.warning("no SIP on \(ip): this machine has no such address")
                return false
            } catch {
                throw StartupProblem("cannot listen on \(address): \(error)")
            }
        }
        return true
    }

    private static var v6Only: ChannelOptions.Types.SocketOption { .init(level: .ipv6, name: .ipv6_v6only) }

    private func receive(
        on address: Primitives.SocketAddress, _ loop: any EventLoop, _ control: ControlLoop
    ) async throws {
        var bootstrap = DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(.writeBufferWaterMark, value: SIPSockets.datagramBacklog)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SIPDatagramHandler(delegate: control, local: address))
                }
            }
        if address.ip.isV6 { bootstrap = bootstrap.channelOption(Startup.v6Only, value: 1) }
        let channel = try await bootstrap.bind(to: address.forNIO).get()
        await control.adopt(datagram: channel, local: address)
    }

    private func accept(
        on address: Primitives.SocketAddress, _ transport: SIPTransport, _ loop: any EventLoop, _ control: ControlLoop
    ) async throws {
        let upgrade = SIPWebSocketUpgrade(origins: Set((settings.sip.webSocket?.origins ?? []).map { $0.lowercased() }))
        var bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: SIPSockets.streamBacklog)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try control.adopt(connection: channel, transport, upgrade)
                }
            }
        if address.ip.isV6 { bootstrap = bootstrap.serverChannelOption(Startup.v6Only, value: 1) }
        await control.adopt(listener: try await bootstrap.bind(to: address.forNIO).get())
    }
}

extension SIPTransport {
    /// The setting that names its port.
    fileprivate var portSetting: String {
        switch self {
        case .udp, .tcp: "sip.port"
        case .tls: "sip.tls.port"
        case .ws: "sip.websocket.port"
        case .wss: "sip.websocket.tls-port"
        }
    }
}
