/// A document for one watcher, with the text that it shares with others.
public struct ConferenceInfoNotice: Sendable, Hashable {
    public let document: ConferenceInfoDocument
    /// The children of the root, written once for all who are told the same.
    private let text: String

    init(_ document: ConferenceInfoDocument, text: String) {
        self.document = document
        self.text = text
    }

    /// The document as the body of a NOTIFY.
    public var xml: String {
        let root = document.root()
        let start = ConferenceInfoDocument.declaration + root.startTag(namespace: ConferenceInfoDocument.namespace)
        return text.isEmpty ? "\(start)/>" : "\(start)>\(text)</\(root.name)>"
    }
}
