/// What is shown of a message to who sees text alone: a telephone, or a client to which the room is a contact.
public enum PlainForm: Sendable, Hashable {
    /// The body, as its sender wrote it.
    case body
    /// Something else that the sender says.
    case text(String)
    /// What the sender does, to be read after the name: `reacted with 👍`.
    case action(String)
    /// Nothing: only who reads all that the message carries can make something of it.
    case nothing
}

extension ChatMessage {
    /// The words of who sees text alone.
    public var plainBody: String {
        switch plain {
        case .body: body
        case .text(let text), .action(let text): text
        case .nothing: ""
        }
    }

    /// What stands between the name and those words.
    public var plainSeparator: String { if case .action = plain { " " } else { ": " } }
}
