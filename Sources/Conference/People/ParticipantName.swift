/// The rules for names in a room: what may be one, and how one is made from what a caller says.
///
/// A name is a MUC nick (the resource of an occupant JID, RFC 7622 section 3.4), a `gr` and a display name, so it must be
/// legal in all three.
public enum ParticipantName {
    /// Most characters of a name, and most bytes, as a character may have many.
    static let maximumCharacters = 64
    static let maximumBytes = 256

    /// Whether the text can be a name as it is.
    public static func isValid(_ text: String) -> Bool { clean(text) == text }

    /// The text without what a name cannot have; nil if nothing is left.
    public static func clean(_ text: String) -> String? {
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(4096) {
            if scalar.properties.isWhitespace {
                if let last = output.last, last != " " { output.append(" ") }
            } else if !isForbidden(scalar.properties.generalCategory), scalar != "\u{FFFC}", scalar != "\u{FFFD}" {
                output.append(scalar)
            }
        }
        let cut = cut(String(output), to: maximumCharacters)
        return cut.isEmpty ? nil : cut
    }

    /// What somebody new would be called: what he calls himself, else his user part, else `Guest`.
    static func wish(of address: PeerAddress, displayName: String?) -> String {
        var name = displayName.flatMap(clean)
        if name == nil, address.identifiesPerson {
            name = clean(address.network == .xmpp ? JIDEscaping.unescape(address.user) : address.user)
        }
        return name ?? "Guest"
    }

    /// The name with a number behind it, cut so that both fit.
    static func numbered(_ name: String, _ number: Int) -> String {
        let suffix = " \(number)"
        return cut(name, to: maximumCharacters - suffix.count, bytes: maximumBytes - suffix.count) + suffix
    }

    private static func cut(_ text: String, to characters: Int, bytes: Int = maximumBytes) -> String {
        var output = ""
        for character in text.prefix(characters) {
            if output.utf8.count + character.utf8.count > bytes { break }
            output.append(character)
        }
        while output.last == " " { output.removeLast() }
        return output
    }

    /// Controls, invisible formatting, and code points that stand for nothing (RFC 3454 tables C.2 to C.9).
    static func isForbidden(_ category: Unicode.GeneralCategory) -> Bool {
        switch category {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
