extension String {
    /// The text with everything escaped that could break a line of the log or fool who reads it: controls, line and
    /// paragraph separators, bidirectional overrides. What is very long is cut.
    public var loggable: String {
        var text = ""
        for (count, scalar) in unicodeScalars.enumerated() {
            if count == 2000 { return text + "…" }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format, .surrogate, .privateUse, .unassigned:
                text += scalar.escaped(asASCII: true)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
