import Conference
import Primitives
import SIP

/// What our own answers and requests have in common.
extension SIPAdapter {
    /// Methods that are taken for a room, and for somebody on the other side of the gateway.
    static let roomMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, SUBSCRIBE, REFER, UPDATE, PRACK, INFO"
    static let peerMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, REFER, UPDATE, PRACK, INFO"
    /// Taken outside of calls, besides.
    static let presenceMethods: [SIPMethod] = [.subscribe, .notify]
    static let descriptionTypes = "application/sdp, multipart/mixed"
    static let textTypes = MessageContent.types.joined(separator: ", ")
    /// Option tags for somebody on the other side of the gateway, and for a room.
    static let peerOptions: Set<String> = ["100rel", "ice", "norefersub", "replaces", "tdialog", "timer"]
    static let roomOptions: Set<String> = peerOptions.union([
        "join", "multiple-refer", "recipient-list-invite",
    ])

    /// Our Contact for an address of ours on a flow: reachable where the peer reached us.
    /// - Parameter scheme: `sips` for a dialog that such a URI makes (RFC 3261 section 12.1.1).
    func contact(user: String?, on flow: SIPFlow, isFocus: Bool, scheme: String = "sip") -> NameAddress {
        let local = flow.local ?? configuration.localAddress(flow.transport, flow.remote.ip) ?? flow.remote
        var contact = NameAddress(SIPURI(scheme: scheme, user: user, host: local.ip.description, port: local.port))
        if let transport = flow.transport.contactParameter, scheme == "sip" || flow.transport.isWebSocket {
            contact.uri.parameters["transport"] = transport
        }
        if isFocus { contact.parameters.flag("isfocus") }
        return contact
    }

    /// Allow, Accept, Supported and Allow-Events, as they are true for a room or for a bridged call.
    func abilities(isRoom: Bool) -> [SIPHeader] {
        var headers = [
            SIPHeader("Allow", isRoom ? SIPAdapter.roomMethods : SIPAdapter.peerMethods),
            SIPHeader("Accept", SIPAdapter.descriptionTypes + ", " + SIPAdapter.textTypes),
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
        _ method: SIPMethod, in id: DialogID, for purpose: Purpose, on flow: SIPFlow? = nil, at now: Instant,
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
        sign(&request, in: CallKey(id))
        let way = flow ?? requestFlow(entry)
        guard let transaction = transactions.send(request, on: way, at: now) else {
            return nil
        }
        purposes[transaction] = purpose
        keep(request, transaction, on: way, in: id)
        return transaction
    }

    /// Acknowledges a 2xx to an INVITE of ours.
    mutating func acknowledge(_ response: SIPMessage, in id: DialogID) {
        guard let entry = dialogs[id] else { return }
        var ack = entry.dialog.acknowledgement(of: response.cseq.number)
        copyCredentials(of: CallKey(id), to: &ack)
        transactions.sendAcknowledgement(ack, on: requestFlow(entry))
    }

    /// Forgets that a dialog is used for something; it goes with its last use.
    mutating func release(_ id: DialogID) {
        if dialogs[id]?.isUnused == true { dialogs[id] = nil }
    }
}
