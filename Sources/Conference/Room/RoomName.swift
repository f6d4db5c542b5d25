/// The local part that a room has on every side: `demo` of `sip:demo@…` and `demo@…`.
public struct RoomName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Lower case, 1…64 characters without white space, controls, invisible characters, or any of `"&'/:<>@`.
    public let text: String

    /// Nil when the text cannot name a room.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 256 else { return nil }
        let lowered = text.lowercased()
        let forbidden: Set<Unicode.Scalar> = ["\"", "&", "'", "/", ":", "<", ">", "@", "\\"]
        guard (1...64).contains(lowered.count),
            lowered.unicodeScalars.allSatisfy({
                !$0.properties.isWhitespace && !forbidden.contains($0) && RoomName.isPrintable($0)
            })
        else { return nil }
        self.text = lowered
    }

    /// Neither a control, nor invisible, nor what stands in for bytes that were no text.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: scalar != "\u{fffd}"
        }
    }

    public static func < (a: RoomName, b: RoomName) -> Bool { a.text < b.text }
    public var description: String { text }
}
