extension IPAddress: CustomStringConvertible {
    /// From dotted-quad or RFC 4291 text, with or without brackets; nil if it is neither.
    public init?(_ text: some StringProtocol) {
        var text = text[...]
        if text.first == "[", text.last == "]" { text = text.dropFirst().dropLast() }
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let words = IPAddress.words(ofV6: String(text)) else { return nil }
            self = .v6(
                high: words[..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: words[4...].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let bits = IPAddress.bits(ofV4: String(text)) else { return nil }
            self = .v4(bits)
        }
    }

    /// Dotted quad, or RFC 5952 text without brackets.
    public var description: String {
        switch self {
        case .v4: bytes.map(String.init).joined(separator: ".")
        case .v6: IPAddress.text(ofV6: bytes)
        }
    }

    private static func bits(ofV4 text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.utf8.count <= 3,
                let byte = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(byte)
        }
        return bits
    }

    private static func words(ofV6 text: String) -> [UInt16]? {
        func group(_ text: Substring) -> [UInt16]? {
            if text.isEmpty { return [] }
            var words: [UInt16] = []
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                if index == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
                    guard let bits = bits(ofV4: String(part)) else { return nil }
                    words += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
                } else {
                    guard !part.isEmpty, part.utf8.count <= 4, part.first != "+", part.first != "-",
                        let word = UInt16(part, radix: 16)
                    else { return nil }
                    words.append(word)
                }
            }
            return words
        }
        guard let gap = text.firstRange(of: "::") else {
            guard let words = group(text[...]), words.count == 8 else { return nil }
            return words
        }
        guard let head = group(text[..<gap.lowerBound]), let tail = group(text[gap.upperBound...]),
            head.count + tail.count < 8
        else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func text(ofV6 bytes: [UInt8]) -> String {
        let words = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, words[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = max(end, start + 1)
        }
        func join(_ words: ArraySlice<UInt16>) -> String {
            words.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return join(words[...]) }
        return join(words[..<best.lowerBound]) + "::" + join(words[best.upperBound...])
    }
}
