/// The body of a text: its limits, and what every door can carry.
public enum ChatText {
    static let maximumBytes = 65_536
    static let maximumSubjectBytes = 4096

    /// Without what XML cannot hold (XML 1.0 section 2.2), and with `\n` for every line's end.
    static func clean(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in text.unicodeScalars {
            defer { afterReturn = scalar == "\r" }
            switch scalar {
            case "\r": output.append("\n")
            case "\n" where afterReturn: break
            case "\t", "\n", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
                output.append(scalar)
            default: output.append("\u{FFFD}")
            }
        }
        return String(output)
    }

    public static func isBlank(_ text: some StringProtocol) -> Bool {
        text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}
