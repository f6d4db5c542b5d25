import Conference
import Primitives
import SIP

/// Where an INVITE leads: a room, a new one (RFC 4579 section 5.4), the place of another call (RFC 3891), or that call's
/// room (RFC 3911); and whom it brings along (RFC 5366).
extension SIPAdapter {
    struct TargetRefusal: Error {
        var status: Int
        var reason: String?
        var headers: [SIPHeader] = []

        init(_ status: Int, _ reason: String? = nil, headers: [SIPHeader] = []) {
            self.status = status
            self.reason = reason
            self.headers = headers
        }
    }

    func target(
        of request: SIPMessage, _ uri: SIPURI, isRoom: Bool, _ conference: Conference
    ) throws(TargetRefusal) -> InviteTarget {
        var target = InviteTarget(callee: PeerAddress(uri), user: uri.user, isRoom: isRoom)
        if case .room(let name) = conference.dialPlan.destination(of: target.callee) { target.room = name }
        try follow(request, &target, conference)
        if target.replaces == nil, conference.isFactory(target.callee) {
            guard let name = conference.newRoomName(), conference.canReserve || !configuration.redirectsFactory else {
                throw TargetRefusal(503, headers: [SIPHeader("Retry-After", "60")])
            }
            target.enter(name, conference)
            target.isMaker = true
        }
        if let list = try listed(request, conference), target.isRoom { target.invitees = list }
        return target
    }

    /// Replaces and Join: never both, and never twice.
    private func follow(
        _ request: SIPMessage, _ target: inout InviteTarget, _ conference: Conference
    ) throws(TargetRefusal) {
        let replaces = request.headers.filter { $0.isNamed("Replaces") }
        let joins = request.headers.filter { $0.isNamed("Join") }
        guard let header = replaces.first ?? joins.first else { return }
        guard replaces.count + joins.count == 1, let reference = DialogReference(parsing: header.value) else {
            throw TargetRefusal(400, "Bad \(header.name)")
        }
        let isJoin = replaces.isEmpty
        let named = dialogs[reference.id]?.leg.flatMap { legs[$0] }
        if named?.isLive == false { throw TargetRefusal(603) }
        guard let leg = named else {
            if endedDialogs.contains(reference.id) { throw TargetRefusal(603) }
            // A Join that matches nothing is ignored by a conference (RFC 3911 section 4).
            if isJoin, target.isRoom { return }
            throw TargetRefusal(481)
        }
        if !leg.isRoom, !isJoin { return try takePlace(of: leg, reference, &target, conference) }
        guard leg.isRoom, let room = conference.room(of: leg.id) else { throw TargetRefusal(isJoin ? 488 : 481) }
        if case .offered = leg.stage { throw TargetRefusal(481) }
        if !isJoin {
            // Who is at the door, or not through it yet, has no place that could be taken.
            guard conference.hasPlace(leg.id) else { throw TargetRefusal(481) }
            // Answered is answered (RFC 3891 section 3).
            if reference.isEarlyOnly, leg.stage != .calling { throw TargetRefusal(486) }
            target.replaces = leg.id
        }
        target.enter(room, conference)
    }

    private func listed(
        _ request: SIPMessage, _ conference: Conference
    ) throws(TargetRefusal) -> [ReferTarget]? {
        guard hasList(request) else { return nil }
        guard let list = list(in: request), list.allSatisfy({ $0.method == .invite }) else {
            throw TargetRefusal(400, "Bad resource list")
        }
        guard list.count <= conference.configuration.maximumInvitations else {
            throw TargetRefusal(413, "More than \(conference.configuration.maximumInvitations) at a time")
        }
        return list
    }

    private func hasList(_ request: SIPMessage) -> Bool {
        if request.mediaType == ResourceList.mediaType { return true }
        guard request.mediaType == "multipart/mixed", let type = request.contentType else { return false }
        return MultipartBody(request.body, type: type)?.parts.contains { $0.mediaType == ResourceList.mediaType }
            ?? false
    }
}

extension InviteTarget {
    fileprivate mutating func enter(_ name: RoomName, _ conference: Conference) {
        callee = PeerAddress(.sip, user: name.text, host: conference.configuration.talkDomain)
        user = name.text
        room = name
        isRoom = true
    }
}
