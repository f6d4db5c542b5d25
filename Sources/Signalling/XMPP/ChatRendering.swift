import Conference
import XMPP

/// What telephones show of a message that says more than its body: corrections, replies, reactions, retractions, files.
struct ChatRendering {
    private static let mostReactions = 8

    let message: XMLElement
    /// The recent text of an id.
    let recent: (String) -> RecentText?

    var plain: PlainForm {
        if Encryption.isThere(in: message) { return .nothing }
        if let retract = message.child("retract", Namespace.retraction) {
            return .action("retracted\(about(retract["id"], otherwise: " a message"))")
        }
        if let reactions = message.child("reactions", Namespace.reactions) { return .action(said(reactions)) }
        let text = link(reply(message.body ?? ""))
        if ChatText.isBlank(text) { return .nothing }
        if message.child("replace", Namespace.correction) != nil { return .text("* " + text) }
        return text == message.body ? .body : .text(text)
    }

    private func about(_ id: String?, otherwise: String) -> String {
        guard let text = id.flatMap(recent), !text.words.isEmpty else { return otherwise }
        return ": \(text.words)"
    }

    private func said(_ reactions: XMLElement) -> String {
        var seen: [String] = []
        for reaction in reactions.children(named: "reaction") where seen.count < ChatRendering.mostReactions {
            let sign = reaction.text.clipped(to: 64)
            if !ChatText.isBlank(sign), !seen.contains(sign) { seen.append(sign) }
        }
        let what = seen.isEmpty ? "took a reaction back" : "reacted with \(seen.joined(separator: " "))"
        guard let text = reactions["id"].flatMap(recent), !text.words.isEmpty else { return what }
        return seen.isEmpty ? "\(what) from: \(text.words)" : "\(what) to: \(text.words)"
    }

    /// The quote that a client put before its reply is replaced by the first words of what is replied to, where that is
    /// known.
    private func reply(_ body: String) -> String {
        guard let reply = message.child("reply", Namespace.reply), let text = reply["id"].flatMap(recent),
            !text.words.isEmpty
        else { return body }
        return "> \(text.senderName): \(text.words)\n\(withoutFallback(body, for: Namespace.reply))"
    }

    /// XEP-0428 section 3.1; characters are counted as XEP-0426 does.
    private func withoutFallback(_ body: String, for namespace: String) -> String {
        let fallbacks = message.children(named: "fallback", Namespace.fallback).filter { $0["for"] == namespace }
        guard let part = fallbacks.first?.child("body") else { return body }
        let scalars = Array(body.unicodeScalars)
        guard let start = part["start"].flatMap({ Int($0) }), let end = part["end"].flatMap({ Int($0) }),
            start >= 0, start <= end, end <= scalars.count
        else { return body }
        var rest = String.UnicodeScalarView()
        rest.append(contentsOf: scalars[..<start])
        rest.append(contentsOf: scalars[end...])
        let text = String(String(rest).drop(while: \.isNewline))
        return ChatText.isBlank(text) ? body : text
    }

    /// The link to a file (XEP-0066) that the body does not have.
    private func link(_ body: String) -> String {
        guard let url = message.child("x", Namespace.outOfBand)?.child("url")?.text,
            (1...2048).contains(url.utf8.count),
            !body.contains(url)
        else { return body }
        return ChatText.isBlank(body) ? url : "\(body)\n\(url)"
    }
}
