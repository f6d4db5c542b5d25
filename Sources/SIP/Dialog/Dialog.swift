/// A peer-to-peer relation between us and another user agent (RFC 3261 section 12).
///
/// Early → confirmed by a 2xx (`confirm`); it ends when its owner drops it.
public struct Dialog: Hashable, Sendable {
    public enum State: Hashable, Sendable { case early, confirmed }

    public let id: DialogID
    public private(set) var state: State
    /// Our side, as From of our requests.
    public private(set) var local: NameAddress
    /// The peer, as To of our requests.
    public private(set) var remote: NameAddress
    /// CSeq of our last request.
    public private(set) var localSequence: UInt32
    /// CSeq of the peer's last request; nil when it sent none yet.
    public private(set) var remoteSequence: UInt32?
    public private(set) var routeSet: [NameAddress]
    /// Where the peer is reached: its last Contact.
    public private(set) var remoteTarget: SIPURI

    /// The dialog that answering a request makes (RFC 3261 section 12.1.1); nil without a Contact.
    /// - Parameters:
    ///   - tag: ours, as it stands on To of the answers.
    ///   - sequence: where our own CSeq numbers begin.
    public init?(answering request: SIPMessage, tag: String, state: State = .early, sequence: UInt32 = 0) {
        guard let contact = request.contacts.first, contact.uri.isSIP else { return nil }
        id = DialogID(callID: request.callID, localTag: tag, remoteTag: request.from.tag ?? "")
        self.state = state
        local = request.to
        local.tag = tag
        remote = request.from
        localSequence = min(sequence, UInt32(Int32.max))
        remoteSequence = request.cseq.number
        routeSet = request.recordRoutes
        remoteTarget = contact.uri
    }

    /// The dialog that a response to our request makes (RFC 3261 section 12.1.2); nil where `DialogID` has none.
    /// Without a Contact, which is tolerated in provisional responses, the request's URI stays the target.
    public init?(calling request: SIPMessage, response: SIPMessage) {
        guard let id = DialogID(ofResponse: response), let status = response.status, (101..<300).contains(status),
            let target = response.contacts.first?.uri ?? request.requestURI, target.isSIP
        else { return nil }
        self.id = id
        state = status < 200 ? .early : .confirmed
        local = request.from
        remote = response.to
        localSequence = request.cseq.number
        remoteSequence = nil
        routeSet = response.recordRoutes.reversed()
        remoteTarget = target
    }

    /// Early → confirmed. On the calling side the 2xx has the last word on route set and target
    /// (RFC 3261 section 13.2.2.4).
    public mutating func confirm(by response: SIPMessage? = nil) {
        if let response, state == .early {
            routeSet = response.recordRoutes.reversed()
            if let contact = response.contacts.first, contact.uri.isSIP { remoteTarget = contact.uri }
        }
        state = .confirmed
    }

    /// Checks a request of the peer's within the dialog (RFC 3261 section 12.2.2).
    /// - Returns: false for one that comes out of order and is to get 500.
    public mutating func accepts(_ request: SIPMessage) -> Bool {
        if request.method == .ack || request.method == .cancel { return true }
        if let last = remoteSequence, request.cseq.number <= last { return false }
        remoteSequence = request.cseq.number
        return true
    }

    /// Takes the Contact of a target refresh: INVITE, UPDATE, SUBSCRIBE, NOTIFY, or a 2xx to one of ours.
    public mutating func refreshTarget(from message: SIPMessage) {
        if let contact = message.contacts.first, contact.uri.isSIP { remoteTarget = contact.uri }
    }

    /// Our side is somebody else from now on (RFC 4916 section 4.4.1); the tag stays.
    public mutating func becomeLocal(_ address: NameAddress) {
        let tag = local.tag
        local = address
        local.tag = tag
    }

    /// The next request of ours in the dialog (RFC 3261 section 12.2.1.1).
    public mutating func request(_ method: SIPMethod) -> SIPMessage {
        localSequence = min(localSequence + 1, UInt32(Int32.max))
        return message(method, sequence: localSequence)
    }

    /// The ACK to a 2xx to the INVITE with that CSeq (RFC 3261 section 13.2.2.4).
    public func acknowledgement(of sequence: UInt32) -> SIPMessage { message(.ack, sequence: sequence) }

    private func message(_ method: SIPMethod, sequence: UInt32) -> SIPMessage {
        var request = SIPMessage(
            method, remoteTarget, from: local, to: remote, callID: id.callID, sequence: sequence)
        request.routes = routeSet
        if let first = routeSet.first, !first.uri.isLooseRouter {
            request.start = .request(method, first.uri)
            request.routes = routeSet.dropFirst() + [NameAddress(remoteTarget)]
        }
        return request
    }

    /// Where the next request of ours goes: the first route, or the peer itself (RFC 3261 section 8.1.2).
    public var nextHop: SIPURI { routeSet.first?.uri ?? remoteTarget }
}
