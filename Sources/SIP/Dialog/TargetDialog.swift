/// The dialog that Target-Dialog names (RFC 4538 section 7): who names it has a part in it.
public struct TargetDialog: Hashable, Sendable {
    private let callID: String
    private let local: String
    private let remote: String

    /// Nil when a tag is missing or stands twice.
    public init?(parsing text: String) {
        let value = ParameterizedValue(parsing: text)
        let names = value.parameters.list.map { $0.name.lowercased() }
        guard !value.value.isEmpty, names.filter({ $0 == "local-tag" }).count == 1,
            names.filter({ $0 == "remote-tag" }).count == 1,
            let local = value.parameters["local-tag"], let remote = value.parameters["remote-tag"]
        else { return nil }
        callID = value.value
        self.local = local
        self.remote = remote
    }

    /// As we may know it: senders do not agree on whose side is the local one.
    public var ids: [DialogID] {
        [
            DialogID(callID: callID, localTag: local, remoteTag: remote),
            DialogID(callID: callID, localTag: remote, remoteTag: local),
        ]
    }
}
