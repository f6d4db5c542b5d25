/// The dialog that Replaces (RFC 3891 section 6.1) or Join (RFC 3911 section 7.1) names, as we know it.
public struct DialogReference: Hashable, Sendable {
    public let id: DialogID
    /// Only before it is answered (RFC 3891 section 3).
    public let isEarlyOnly: Bool

    /// Nil when a tag is missing or stands twice.
    public init?(parsing text: String) {
        let value = ParameterizedValue(parsing: text)
        let names = value.parameters.list.map { $0.name.lowercased() }
        guard !value.value.isEmpty, names.filter({ $0 == "to-tag" }).count == 1,
            names.filter({ $0 == "from-tag" }).count == 1,
            let to = value.parameters["to-tag"], let from = value.parameters["from-tag"]
        else { return nil }
        id = DialogID(callID: value.value, localTag: to, remoteTag: from)
        isEarlyOnly = value.parameters.contains("early-only")
    }
}
