/// XEP-0106: any text as a local part.
extension JID {
    private static let escapes: [(scalar: Unicode.Scalar, code: String)] = [
        (" ", "20"), ("\"", "22"), ("&", "26"), ("'", "27"), ("/", "2f"), (":", "3a"), ("<", "3c"), (">", "3e"),
        ("@", "40"), ("\\", "5c"),
    ]

    /// The text as a local part, its reserved characters written as `\20` to `\5c`. A backslash is escaped only where
    /// it would otherwise be read as an escape (section 4.3); spaces at either end are left out (section 4.2).
    public static func escape(local text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        let start = scalars.firstIndex { $0 != " " } ?? scalars.endIndex
        let end = (scalars.lastIndex { $0 != " " } ?? -1) + 1
        var escaped = String.UnicodeScalarView()
        var index = start
        while index < end {
            let scalar = scalars[index]
            if scalar == "\\" {
                let next = String(String.UnicodeScalarView(scalars[(index + 1)...].prefix(2))).lowercased()
                escaped.append(contentsOf: (escapes.contains { $0.code == next } ? "\\5c" : "\\").unicodeScalars)
            } else if let escape = escapes.first(where: { $0.scalar == scalar }) {
                escaped.append(contentsOf: "\\\(escape.code)".unicodeScalars)
            } else {
                escaped.append(scalar)
            }
            index += 1
        }
        return String(escaped)
    }

    /// The text that a local part stands for (section 4.4).
    public static func unescape(local text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var unescaped = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let next = String(String.UnicodeScalarView(scalars[(index + 1)...].prefix(2))).lowercased()
            if scalars[index] == "\\", let escape = escapes.first(where: { $0.code == next }) {
                unescaped.append(escape.scalar)
                index += 3
            } else {
                unescaped.append(scalars[index])
                index += 1
            }
        }
        return String(unescaped)
    }
}
