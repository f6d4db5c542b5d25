extension JSONValue {
    /// Reads one value; nil for anything that is not JSON, or nested deeper than 64.
    public init?(parsing text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        var isAtEnd: Bool {
            mutating get {
                skip()
                return offset == bytes.count
            }
        }

        private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        private mutating func skip() {
            while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
        }

        private mutating func take(_ character: Character) -> Bool {
            skip()
            guard let byte = next, byte == character.asciiValue else { return false }
            offset += 1
            return true
        }

        private mutating func word(_ text: String, _ value: JSONValue) -> JSONValue? {
            guard bytes[offset...].starts(with: text.utf8) else { return nil }
            offset += text.utf8.count
            return value
        }

        mutating func value(depth: Int) -> JSONValue? {
            skip()
            guard depth < 64, let byte = next else { return nil }
            switch byte {
            case UInt8(ascii: "{"): return object(depth)
            case UInt8(ascii: "["): return list(depth)
            case UInt8(ascii: "\""): return string().map(JSONValue.text)
            case UInt8(ascii: "t"): return word("true", .bool(true))
            case UInt8(ascii: "f"): return word("false", .bool(false))
            case UInt8(ascii: "n"): return word("null", .null)
            default: return number()
            }
        }

        private mutating func object(_ depth: Int) -> JSONValue? {
            offset += 1
            var members: [Member] = []
            if take("}") { return .object(members) }
            while true {
                skip()
                guard next == UInt8(ascii: "\""), let name = string(), take(":"), let value = value(depth: depth + 1)
                else { return nil }
                members.append(Member(name, value))
                if take("}") { return .object(members) }
                guard take(",") else { return nil }
            }
        }

        private mutating func list(_ depth: Int) -> JSONValue? {
            offset += 1
            var items: [JSONValue] = []
            if take("]") { return .list(items) }
            while true {
                guard let value = value(depth: depth + 1) else { return nil }
                items.append(value)
                if take("]") { return .list(items) }
                guard take(",") else { return nil }
            }
        }

        private mutating func number() -> JSONValue? {
            let start = offset
            while let byte = next,
                byte == 0x2b || byte == 0x2d || byte == 0x2e || byte == 0x45 || byte == 0x65
                    || (0x30...0x39).contains(byte)
            {
                offset += 1
            }
            let text = String(decoding: bytes[start..<offset], as: UTF8.self)
            guard text.utf8.count < 64, text.first != "+", let number = Double(text) else { return nil }
            return .number(number)
        }

        private mutating func string() -> String? {
            offset += 1
            var units: [UInt8] = []
            while let byte = next {
                offset += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let scalar = escape() else { return nil }
                    units += Array(String(scalar).utf8)
                case 0..<0x20: return nil
                default: units.append(byte)
                }
            }
            return nil
        }

        private mutating func escape() -> Unicode.Scalar? {
            guard let byte = next else { return nil }
            offset += 1
            switch byte {
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{c}"
            case UInt8(ascii: "u"):
                guard let first = unit() else { return nil }
                guard (0xd800..<0xdc00).contains(first) else { return Unicode.Scalar(first) }
                guard bytes[offset...].starts(with: "\\u".utf8) else { return nil }
                offset += 2
                guard let second = unit(), (0xdc00..<0xe000).contains(second) else { return nil }
                return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
            default: return nil
            }
        }

        private mutating func unit() -> UInt32? {
            guard offset + 4 <= bytes.count else { return nil }
            let text = String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self)
            offset += 4
            return UInt32(text, radix: 16)
        }
    }
}
