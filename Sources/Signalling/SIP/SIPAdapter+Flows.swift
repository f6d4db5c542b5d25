import Conference
import Primitives
import SIP

/// Which way requests of ours go inside a dialog, and what becomes of a dialog whose connection is lost.
extension SIPAdapter {
    /// How long a call may go without the WebSocket that only its peer can open anew.
    static let reconnectTime = Duration.seconds(32)

    /// Where a request in a dialog goes: the next hop if it is a numeric address, but the way the peer came if that
    /// says otherwise, as behind NAT, or if the next hop is on a connection already (RFC 5923, RFC 7118 section 5).
    func requestFlow(_ entry: SIPDialogEntry) -> SIPFlow {
        let hop = entry.dialog.nextHop
        let isDirect = entry.dialog.routeSet.isEmpty
        guard let ip = IPAddress(hop.host), !ip.isUnspecified, !(isDirect && entry.flow.transport.isReliable),
            !isDirect || ip.unmapped == entry.flow.remote.ip.unmapped
        else { return entry.flow }
        let transport = SIPTransport(of: hop)
        let remote = SocketAddress(ip, hop.port ?? transport.defaultPort)
        if transport == entry.flow.transport, remote == entry.flow.remote { return entry.flow }
        if entry.flow.connection != nil, transport == entry.flow.transport, ip.unmapped == entry.flow.remote.ip.unmapped
        {
            return entry.flow
        }
        let local = transport == entry.flow.transport ? entry.flow.local : configuration.localAddress(transport, ip)
        return transport.isWebSocket
            ? entry.flow : SIPFlow(transport, local: local, remote: remote, serverName: serverName(of: entry, at: ip))
    }

    /// The way to a peer whose connection is gone: a new one to the port of its next hop, at the address it came from.
    /// There is none to who came by a WebSocket (RFC 7118 section 5) or
    /// names no address, and what is sent there fails.
    func flowAfterLoss(_ entry: SIPDialogEntry) -> SIPFlow {
        let hop = entry.dialog.nextHop
        let transport = SIPTransport(of: hop)
        var flow = entry.flow
        flow.connection = nil
        guard !isReachedByItsConnectionAlone(entry) else { return flow }
        let remote = SocketAddress(flow.remote.ip, hop.port ?? transport.defaultPort)
        return SIPFlow(
            transport, local: configuration.localAddress(transport, remote.ip), remote: remote,
            serverName: serverName(of: entry, at: remote.ip))
    }

    /// Whom a certificate is to name at an address: whom it named there before, else the next hop (RFC 5922 section 7.2).
    private func serverName(of entry: SIPDialogEntry, at ip: IPAddress) -> String {
        let isKnown = ip.unmapped == entry.flow.remote.ip.unmapped
        return (isKnown ? entry.flow.serverName : nil) ?? entry.dialog.nextHop.host
    }

    /// Whether nobody can connect to the peer: a browser, or whoever names no address of its own.
    private func isReachedByItsConnectionAlone(_ entry: SIPDialogEntry) -> Bool {
        let hop = entry.dialog.nextHop
        return entry.flow.transport.isWebSocket || SIPTransport(of: hop).isWebSocket || hop.host.hasSuffix(".invalid")
    }

    /// What hangs on a connection that was closed finds another way, or is to come back soon.
    mutating func reroute(from connection: UInt64, at now: Instant) {
        for (id, entry) in dialogs.values where entry.flow.connection == connection {
            if let leg = entry.leg, isReachedByItsConnectionAlone(entry) {
                legs[leg]?.lostUntil = now + SIPAdapter.reconnectTime
            }
            let flow = flowAfterLoss(entry)
            dialogs[id]?.flow = flow
        }
        for (id, leg) in legs.values where leg.flow.connection == connection { legs[id]?.flow.connection = nil }
    }

    /// Connections that calls or subscriptions count on; others may be closed when nothing comes over them.
    public var connectionsInUse: Set<UInt64> {
        registrar.connections.union(dialogs.values.values.compactMap(\.flow.connection)).union(lines.connections)
    }

    /// How often the peers of our calls, and our registrars, want to see a keep-alive on their connections (RFC 6223
    /// section 4.3).
    public var keepAlives: [UInt64: Duration] {
        var intervals: [UInt64: Duration] = [:]
        func keep(_ connection: UInt64?, every interval: Duration?) {
            guard let interval, let connection else { return }
            intervals[connection] = min(interval, intervals[connection] ?? interval)
        }
        for entry in dialogs.values.values { keep(entry.flow.connection, every: entry.keepAlive) }
        for line in lines.table.values.values { keep(line.flow?.connection, every: line.keepAlive) }
        return intervals
    }

    /// The interval that a 2xx to our INVITE or REGISTER grants: a little less than the peer says, or RFC 5626's where it leaves it
    /// to us (section 4.4.1); nil when it wants none.
    static func keepAlive(grantedBy response: SIPMessage) -> Duration? {
        guard let value = response.vias.first?.parameters["keep"], let seconds = UInt16(value) else { return nil }
        return seconds == 0 ? .seconds(100) : .seconds(max(10, Int(seconds) * 9 / 10))
    }
}
