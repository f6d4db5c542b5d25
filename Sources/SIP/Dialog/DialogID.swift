/// What tells dialogs apart (RFC 3261 section 12).
public struct DialogID: Hashable, Sendable {
    public var callID: String
    public var localTag: String
    /// Empty for peers of RFC 2543 that give none.
    public var remoteTag: String

    public init(callID: String, localTag: String, remoteTag: String) {
        self.callID = callID
        self.localTag = localTag
        self.remoteTag = remoteTag
    }

    /// Of the dialog that a request of the peer belongs to; nil when it has no tag of ours.
    public init?(ofRequest request: SIPMessage) {
        guard request.isRequest, let localTag = request.to.tag else { return nil }
        self.init(callID: request.callID, localTag: localTag, remoteTag: request.from.tag ?? "")
    }

    /// Of the dialog that a response to a request of ours belongs to; nil when it has no tag of the peer's, and is no 2xx
    /// to an INVITE: that makes a dialog without one (RFC 3261 section 12.1.2).
    public init?(ofResponse response: SIPMessage) {
        guard !response.isRequest, let localTag = response.from.tag else { return nil }
        let isAnswer = response.cseq.method == .invite && (200..<300).contains(response.status ?? 0)
        guard let remoteTag = response.to.tag ?? (isAnswer ? "" : nil) else { return nil }
        self.init(callID: response.callID, localTag: localTag, remoteTag: remoteTag)
    }
}
