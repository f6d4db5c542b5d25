public import Conference
import XMPP

/// What somebody wants of an archive, for whoever has it: `answer` gives the adapter what was found.
public struct ArchiveRequest: Sendable, Hashable {
    public enum Question: Sendable, Hashable {
        case page(ArchiveQuery)
        /// The first message and the last.
        case bounds(RoomName)
    }

    public enum Answer: Sendable, Hashable {
        case page(ArchivePage)
        case bounds(first: ChatMessage?, last: ChatMessage?)
        /// An id in the question is no message's.
        case noSuchMessage
        /// It cannot be read now.
        case failed
    }

    public let question: Question
    let iq: XMLElement
    let queryID: String?
    /// Whether the newest of a page comes first.
    let isFlipped: Bool

    init(_ question: Question, iq: XMLElement, queryID: String? = nil, isFlipped: Bool = false) {
        self.question = question
        self.iq = iq
        self.queryID = queryID
        self.isFlipped = isFlipped
    }
}
