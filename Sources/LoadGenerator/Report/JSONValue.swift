/// JSON (RFC 8259), written for reading by programs and eyes; members keep their order.
public enum JSONValue: Sendable, Hashable, CustomStringConvertible {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([Member])

    public struct Member: Sendable, Hashable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member($0.key, $0.value) })
    }

    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var text: String? { if case .text(let text) = self { text } else { nil } }
    public var number: Double? { if case .number(let number) = self { number } else { nil } }
    public var list: [JSONValue]? { if case .list(let list) = self { list } else { nil } }

    public var description: String { written("\n") }

    private func written(_ line: String) -> String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let value): return JSONValue.write(value)
        case .text(let text): return JSONValue.quote(text)
        case .list(let list):
            let isFlat = list.allSatisfy { if case .number = $0 { true } else { false } }
            let inner = line + "  "
            let items = list.map { $0.written(inner) }
            if list.isEmpty || isFlat { return "[" + items.joined(separator: ", ") + "]" }
            return "[" + inner + items.joined(separator: "," + inner) + line + "]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let inner = line + "  "
            let items = members.map { JSONValue.quote($0.name) + ": " + $0.value.written(inner) }
            return "{" + inner + items.joined(separator: "," + inner) + line + "}"
        }
    }

    private static func write(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String((value * 1e6).rounded() / 1e6)
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
