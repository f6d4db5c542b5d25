import Conference
import Primitives
import SIP

/// Why a MESSAGE is not taken, as its answer says it.
struct MessageProblem: Error {
    var status: Int
    var reason: String?
    var headers: [SIPHeader] = []
}

/// What a MESSAGE carries (RFC 3428 section 4), and to whom, plain or as CPIM (RFC 3862).
struct MessageContent {
    enum Part {
        case text(String)
        /// Somebody writes, or has stopped (RFC 3994).
        case composing(IsComposing)
        /// What became of a text (RFC 5438).
        case notification(IMDN)
    }

    static let types = ["text/plain", "message/cpim", IsComposing.mediaType, IMDN.mediaType]
    static let accept = SIPHeader("Accept", types.joined(separator: ", "))
    /// What CPIM may put around a text.
    private static let wrapping = 16 * 1024

    let part: Part
    private(set) var isCPIM = false
    private(set) var to: CPIMMessage.Address?
    private(set) var messageID: String?
    private(set) var wanted: WantedReports = []
    private(set) var envelope = MessageEnvelope()

    /// - Parameter limit: most bytes of a text.
    init(of request: SIPMessage, limit: Int) throws(MessageProblem) {
        if let encoding = request.header("Content-Encoding")?.lowercased(), encoding != "identity" {
            throw MessageProblem(status: 415, headers: [SIPHeader("Accept-Encoding", "identity")])
        }
        let type = request.mediaType ?? "text/plain"
        guard type == "message/cpim" else {
            guard request.body.count <= limit else { throw MessageContent.tooLong(limit) }
            part = try MessageContent.part(type, request.contentType?.charset, request.body)
            return
        }
        guard request.body.count <= limit + MessageContent.wrapping else { throw MessageContent.tooLong(limit) }
        guard let message = CPIMMessage(parsing: request.body) else {
            throw MessageProblem(status: 400, reason: "The CPIM message is cut short or malformed")
        }
        if let unknown = message.unknownRequirements.first {
            throw MessageProblem(
                status: 400, reason: "The required CPIM header \(unknown.prefix(64)) is not understood")
        }
        guard message.content.count <= limit else { throw MessageContent.tooLong(limit) }
        part = try MessageContent.part(message.contentType, message.charset, message.content)
        isCPIM = true
        to = message.to.first
        messageID = message.messageID.flatMap { (1...256).contains($0.utf8.count) ? $0 : nil }
        for (word, kind) in MessageContent.dispositions where message.dispositions.contains(word) {
            wanted.insert(kind)
        }
        envelope.dateTime = message.dateTime.map { String($0.prefix(64)) }
        envelope.subjects = message.subjects.prefix(4).filter { $0.utf8.count <= 1024 }
        envelope.headers = message.extensions.map {
            MessageEnvelope.Header(namespace: $0.namespace, name: $0.name, value: $0.value)
        }
    }

    static let dispositions: [(word: String, kind: WantedReports)] = [
        ("positive-delivery", .delivered), ("negative-delivery", .failed), ("display", .displayed),
    ]

    private static func tooLong(_ limit: Int) -> MessageProblem {
        MessageProblem(status: 513, reason: "The text has more than \(limit) bytes")
    }

    private static func part(
        _ type: String, _ charset: String?, _ body: [UInt8]
    ) throws(MessageProblem) -> Part {
        guard types.contains(type), ["utf-8", "utf8", "us-ascii"].contains(charset ?? "utf-8") else {
            throw MessageProblem(status: 415, headers: [accept])
        }
        if body.isEmpty { throw MessageProblem(status: 400, reason: "The text is empty") }
        switch type {
        case IsComposing.mediaType:
            guard let composing = IsComposing(parsing: body) else {
                throw MessageProblem(status: 400, reason: "The isComposing document is malformed")
            }
            return .composing(composing)
        case IMDN.mediaType:
            guard let notification = IMDN(parsing: body) else {
                throw MessageProblem(status: 400, reason: "The disposition notification is malformed")
            }
            return .notification(notification)
        case "message/cpim": throw MessageProblem(status: 415, headers: [accept])
        default: return .text(String(decoding: body, as: UTF8.self))
        }
    }

    /// By `gr`, of the MESSAGE or of the CPIM `To` (RFC 7247 section 6), or by name or address in the CPIM `To`.
    func audience(_ room: RoomName, gr: String?, _ conference: Conference) -> Submission.Audience {
        if let gr, !gr.isEmpty { return .named(gr) }
        guard let to else { return .everyone }
        if let uri = SIPURI(to.uri), uri.isSIP {
            if let gr = uri.gr, !gr.isEmpty { return .named(gr) }
            guard conference.dialPlan.destination(of: PeerAddress(uri)) == .room(room) else {
                return .address(PeerAddress(uri))
            }
            let isSomebody = conference.room(room)?.participants.contains { $0.name == to.name } ?? false
            return isSomebody ? .named(to.name ?? "") : .everyone
        }
        if to.uri.lowercased().hasPrefix("xmpp:"), let address = PeerAddress(xmpp: to.uri.dropFirst(5)) {
            return .address(address)
        }
        return .named(to.name ?? to.uri)
    }
}
