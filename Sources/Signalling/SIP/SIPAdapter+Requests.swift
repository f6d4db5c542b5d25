import Conference
import MediaDescription
import Primitives
import SIP

/// Requests of the peer: the checks of RFC 3261 section 8.2, then by method.
extension SIPAdapter {
    mutating func handle(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard let method = request.method, let uri = request.requestURI else { return [] }
        if method == .register, let accounts = configuration.accounts {
            register(request, id, flow, accounts, at: now)
            return []
        }
        if refusesAsClosing(request, id, at: now) { return [] }
        let dialog = DialogID(ofRequest: request)
        if let dialog, let commands = presence(request, method, id, dialog, flow, at: now) { return commands }
        let entry = dialog == nil ? lineEntry(request, uri, flow, conference) : nil
        let destination = entry?.destination ?? conference.dialPlan.destination(of: PeerAddress(uri))
        let isRoom = dialog.flatMap { dialogs[$0] }.map { isRoomDialog($0) } ?? destination.isRoomOrUnknown
        let methods = isRoom ? SIPAdapter.roomMethods : SIPAdapter.peerMethods
        guard
            methods.split(separator: ", ").contains(Substring(method.rawValue))
                || !isRoom && SIPAdapter.presenceMethods.contains(method)
        else {
            reply(request, id, 405, headers: [SIPHeader("Allow", methods)], at: now)
            return []
        }
        // What asks for security and comes without it is for nobody (RFC 5630 section 4).
        guard uri.scheme == "sip" || (uri.scheme == "sips" && flow.transport.isSecure) else {
            reply(request, id, 416, at: now)
            return []
        }
        let unsupported = request.require.filter {
            !(isRoom ? SIPAdapter.roomOptions : SIPAdapter.peerOptions).contains($0)
        }
        guard unsupported.isEmpty else {
            reply(
                request, id, 420, headers: [SIPHeader("Unsupported", unsupported.joined(separator: ", "))], at: now)
            return []
        }
        guard method == .invite || !request.headers.contains(where: { $0.isNamed("Replaces") || $0.isNamed("Join") })
        else {
            reply(request, id, 400, "Only an INVITE replaces or joins", at: now)
            return []
        }
        if let dialog { return inDialog(request, method, id, dialog, flow, conference, at: now) }
        switch method {
        case .invite, .subscribe, .message, .refer: break
        case .options:
            options(request, id, flow, destination, conference, at: now)
            return []
        default:
            reply(request, id, 481, at: now)
            return []
        }
        guard let identity = entry.map({ _ in identity(of: request, on: flow) }) ?? admit(request, id, flow, at: now)
        else { return [] }
        switch method {
        case .invite:
            let called = { if case .room = destination { true } else { false } }()
            return invite(request, id, flow, isRoom: called, from: identity, by: entry, conference, at: now)
        case .subscribe:
            guard
                let identity = watcher(
                    request, id, flow, destination, from: identity, mayProve: entry == nil, conference, at: now)
            else { return [] }
            if case .peer = destination { return watched(request, id, flow, from: identity, conference, at: now) }
            subscribe(request, id, flow, destination, from: identity, conference, at: now)
        case .message: return text(request, id, flow, destination, from: identity, by: entry, conference, at: now)
        default: return refer(request, id, flow, destination, from: identity, conference, at: now)
        }
        return []
    }

    private func isRoomDialog(_ entry: SIPDialogEntry) -> Bool {
        entry.leg.flatMap { legs[$0] }?.isRoom ?? true
    }

    private mutating func inDialog(
        _ request: SIPMessage, _ method: SIPMethod, _ id: ServerTransactionID, _ dialog: DialogID, _ flow: SIPFlow,
        _ conference: Conference, at now: Instant
    ) -> [Command] {
        guard var entry = dialogs[dialog] else {
            reply(request, id, 481, at: now)
            return []
        }
        guard entry.dialog.accepts(request) else {
            reply(request, id, 500, "Out of order", at: now)
            return []
        }
        if entry.dialog.routeSet.isEmpty { entry.flow = flow }
        dialogs[dialog] = entry
        if let leg = entry.leg {
            legs[leg]?.lostUntil = nil
            if entry.dialog.routeSet.isEmpty { legs[leg]?.flow = flow }
        }

        switch method {
        case .subscribe where request.event?.value.lowercased() == "refer":
            refreshRefer(request, id, in: dialog, at: now)
            return []
        case .subscribe:
            subscribe(request, id, in: dialog, conference, at: now)
            return []
        case .options:
            var response = request.response(200)
            response.contacts = [entry.contact]
            response.headers += abilities(isRoom: isRoomDialog(entry))
            response.set("Server", configuration.software)
            transactions.respond(response, to: id, at: now)
            return []
        default: break
        }
        guard let leg = entry.leg.flatMap({ legs[$0] }) else {
            reply(request, id, 481, at: now)
            return []
        }
        switch method {
        case .invite: return reinvite(request, id, leg.id, at: now)
        case .bye: return bye(request, id, leg.id, at: now)
        case .update: return update(request, id, leg.id, dialog, at: now)
        case .prack:
            acknowledgedProvisional(request, id, leg.id, at: now)
            return []
        case .refer: return refer(request, id, inCall: leg.id, conference, at: now)
        case .message: return text(request, id, flow, inCall: leg.id, conference, at: now)
        case .info: return info(request, id, leg.id, at: now)
        default:
            reply(request, id, 405, at: now)
            return []
        }
    }

    /// OPTIONS outside a dialog (RFC 3261 section 11), answered as an INVITE would be, and with `isfocus` for a room
    /// (RFC 4579 section 5.1).
    private mutating func options(
        _ request: SIPMessage, _ id: ServerTransactionID, _ flow: SIPFlow, _ destination: DialPlan.Destination,
        _ conference: Conference, at now: Instant
    ) {
        let user = request.requestURI?.user ?? ""
        var isFocus = false
        switch destination {
        case .room(let name):
            guard
                conference.room(name) != nil || conference.configuration.createsRooms
                    || conference.configuration.factory == name
            else {
                return reply(request, id, 404, at: now)
            }
            isFocus = true
        case .peer: break
        case .refused(let reason):
            guard user.isEmpty else { return reply(request, id, reason.status, reason.phrase, at: now) }
        }
        var response = request.response(200, tag: transactions.tag(of: id))
        response.contacts = [
            contact(
                user: user.isEmpty ? nil : user, on: flow, isFocus: isFocus,
                scheme: request.requestURI?.scheme ?? "sip")
        ]
        response.headers += abilities(isRoom: destination.isRoomOrUnknown)
        response.set("Server", configuration.software)
        transactions.respond(response, to: id, at: now)
    }

    /// The session description that a message carries.
    enum Carried {
        case nothing
        case description(SessionDescription)
        case refused(Int, String, [SIPHeader])
    }

    func carried(by message: SIPMessage) -> Carried {
        guard !message.body.isEmpty else { return .nothing }
        let encoding = message.header("Content-Encoding")?.lowercased() ?? "identity"
        guard encoding == "identity" else {
            return .refused(415, SIPStatus.reason(415), [SIPHeader("Accept-Encoding", "identity")])
        }
        switch message.mediaType ?? "application/sdp" {
        case "application/sdp": return description(message.body)
        case "multipart/mixed":
            guard let parts = message.contentType.flatMap({ MultipartBody(message.body, type: $0) })?.parts else {
                return .refused(400, "Bad multipart body", [])
            }
            let others = parts.filter { $0.mediaType != "application/sdp" && $0.mediaType != ResourceList.mediaType }
            guard !others.contains(where: \.isRequired) else { return unknownBody }
            return parts.first { $0.mediaType == "application/sdp" }.map { description($0.body) } ?? .nothing
        case ResourceList.mediaType: return .nothing
        default:
            let disposition = message.header("Content-Disposition").map(ParameterizedValue.init(parsing:))
            return disposition?.parameters["handling"]?.lowercased() == "optional" ? .nothing : unknownBody
        }
    }

    /// A body that may not be ignored (RFC 3261 section 8.2.3).
    private var unknownBody: Carried {
        .refused(415, SIPStatus.reason(415), [SIPHeader("Accept", SIPAdapter.descriptionTypes)])
    }

    private func description(_ body: [UInt8]) -> Carried {
        do throws(SDPError) {
            return .description(try SDP.parse(body))
        } catch {
            return .refused(400, "Bad session description", [])
        }
    }
}

extension DialPlan.Destination {
    /// Whether an address is treated as a room's until the domain says what it is.
    var isRoomOrUnknown: Bool { if case .peer = self { false } else { true } }
}
