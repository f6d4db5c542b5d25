/// A key of a telephone (RFC 4733 section 3.2, events 0 to 15).
public struct DTMFKey: Sendable, Hashable {
    /// `0` to `9`, `*`, `#`, `A` to `D`.
    public let character: Character

    private static let characters: [Character] = Array("0123456789*#ABCD")

    /// Nil for an event that is no key.
    public init?(event: UInt8) {
        guard Int(event) < DTMFKey.characters.count else { return nil }
        character = DTMFKey.characters[Int(event)]
    }

    /// Nil for a character that is on no telephone.
    public init?(_ character: Character) {
        let upper = character.uppercased()
        guard let known = DTMFKey.characters.first(where: { String($0) == upper }) else { return nil }
        self.character = known
    }

    /// Its event number.
    public var event: UInt8 { UInt8(clamping: DTMFKey.characters.firstIndex(of: character) ?? 0) }

    public var isDigit: Bool { character.isASCII && character.isNumber }
}
