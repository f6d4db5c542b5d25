import Conference
import Primitives
import SIP

/// What our own answers and requests have in common.
extension SIPAdapter {
    /// Methods that are taken for a room, and for somebody on the other side of the gateway.
    static let roomMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, SUBSCRIBE, REFER, UPDATE, PRACK, INFO"
    static let peerMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK"
    static let descriptionTypes = "application/sdp, multipart/mixed"
    static let textTypes = "text/plain, message/cpim"
    /// Option tags for somebody on the other side of the gateway, and for a room.
    static let peerOptions: Set<String> = ["100rel", "ice", "timer"]
    static let roomOptions: Set<String> = peerOptions.union([
        "join", "multiple-refer", "norefersub", "recipient-list-invite", "replaces",
    ])

    /// Our Contact for an address of ours on a flow: reachable where the peer reached us.
    func contact(user: String?, on flow: SIPFlow, isFocus: Bool) -> NameAddress {
        let local = flow.local ?? configuration.localAddress(flow.transport, flow.remote.ip) ?? flow.remote
        var contact = NameAddress(SIPURI(user: user, host: local.ip.description, port: local.port))
        if flow.transport == .tcp { contact.uri.parameters["transport"] = "tcp" }
        if isFocus { contact.parameters.flag("isfocus") }
        return contact
    }

    /// Allow, Accept, Supported and Allow-Events, as they are true for a room or for a bridged call.
    func abilities(isRoom: Bool) -> [SIPHeader] {
        var headers = [
            SIPHeader("Allow", isRoom ? SIPAdapter.roomMethods : SIPAdapter.peerMethods),
            SIPHeader("Accept", SIPAdapter.descriptionTypes + (isRoom ? ", " + SIPAdapter.textTypes : "")),
            SIPHeader(
                "Supported", (isRoom ? SIPAdapter.roomOptions : SIPAdapter.peerOptions).sorted().joined(separator: ", ")
            ),
        ]
        if isRoom { headers.append(SIPHeader("Allow-Events", "conference")) }
        return headers
    }

    /// Answers a request that makes no dialog, or refuses one that might.
    mutating func reply(
        _ request: SIPMessage, _ id: ServerTransactionID, _ status: Int, _ reason: String? = nil,
        headers: [SIPHeader] = [], at now: Instant
    ) {
        var response = request.response(status, reason, tag: transactions.tag(of: id))
        response.headers += headers
        response.set("Server", configuration.software)
        transactions.respond(response, to: id, at: now)
    }

    /// Sends a request of ours inside a dialog.
    @discardableResult
    mutating func send(
        _ method: SIPMethod, in id: DialogID, for purpose: Purpose, at now: Instant,
        _ complete: (inout SIPMessage) -> Void = { _ in }
    ) -> ClientTransactionID? {
        guard var entry = dialogs[id] else { return nil }
        var request = entry.dialog.request(method)
        dialogs[id]?.dialog = entry.dialog
        if method == .invite || method == .notify || method == .subscribe || method == .update {
            request.contacts = [entry.contact]
        }
        request.set("User-Agent", configuration.software)
        complete(&request)
        guard let transaction = transactions.send(request, on: requestFlow(entry), at: now) else { return nil }
        purposes[transaction] = purpose
        return transaction
    }

    /// Acknowledges a 2xx to an INVITE of ours.
    mutating func acknowledge(_ response: SIPMessage, in id: DialogID) {
        guard let entry = dialogs[id] else { return }
        transactions.sendAcknowledgement(
            entry.dialog.acknowledgement(of: response.cseq.number), on: requestFlow(entry))
    }

    /// Where a request in a dialog goes: the next hop if it is a numeric address, but the way the peer came if that
    /// says otherwise, as behind NAT, or if the peer is on a connection.
    func requestFlow(_ entry: SIPDialogEntry) -> SIPFlow {
        let hop = entry.dialog.nextHop
        let isDirect = entry.dialog.routeSet.isEmpty
        guard let ip = IPAddress(hop.host), !ip.isUnspecified, !(isDirect && entry.flow.transport == .tcp),
            !isDirect || ip.unmapped == entry.flow.remote.ip.unmapped
        else { return entry.flow }
        let transport = hop.transport == "tcp" ? SIPTransport.tcp : .udp
        let remote = SocketAddress(ip, hop.port ?? 5060)
        if transport == entry.flow.transport, remote == entry.flow.remote { return entry.flow }
        let local = transport == entry.flow.transport ? entry.flow.local : configuration.localAddress(transport, ip)
        return SIPFlow(transport, local: local, remote: remote)
    }

    /// The way to a peer whose connection is gone: a new one to the port of its Contact, at the address it came from.
    func flowAfterLoss(_ entry: SIPDialogEntry) -> SIPFlow {
        let target = entry.dialog.remoteTarget
        let transport = target.transport == "tcp" ? SIPTransport.tcp : .udp
        let remote = SocketAddress(entry.flow.remote.ip, target.port ?? 5060)
        return SIPFlow(transport, local: configuration.localAddress(transport, remote.ip), remote: remote)
    }

    /// Forgets that a dialog is used for something; it goes with its last use.
    mutating func release(_ id: DialogID) {
        if dialogs[id]?.isUnused == true { dialogs[id] = nil }
    }
}
