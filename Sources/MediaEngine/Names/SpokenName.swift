/// A name that is to be read out: what there is to be said of it, and in which language.
struct SpokenName: Hashable, Sendable {
    let text: String
    let language: String

    /// Characters of a name that are read out.
    private static let longest = 60

    /// Nil where there is nothing to be said: signs are left out, as a synthesiser takes some of them for orders.
    init?(_ name: String, language: String) {
        var text = ""
        for character in name.prefix(4 * Self.longest) {
            if Self.isSpoken(character) {
                text.append(character)
            } else if !text.isEmpty, text.last != " " {
                text.append(" ")
            }
            if text.count == Self.longest { break }
        }
        while text.last == " " { text.removeLast() }
        guard text.contains(where: { $0.isLetter || $0.isNumber }), text.utf8.count <= 8 * Self.longest else {
            return nil
        }
        self.text = text
        self.language = language.lowercased()
    }

    private static func isSpoken(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "'" || character == "’"
    }

    /// What espeak-ng calls the language.
    var voice: String { language == "en" ? "en-gb" : language }
}
