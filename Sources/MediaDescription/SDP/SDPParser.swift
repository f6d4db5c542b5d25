import Primitives

/// Reads SDP line by line (RFC 8866 section 5): the session part, then one part for each m-line.
struct SDPParser {
    private var description = SessionDescription()
    private var session = SDPSection()
    private var current: SDPSection?
    private var codecs = 0

    mutating func parse(_ bytes: [UInt8]) throws(SDPError) -> SessionDescription {
        guard bytes.count <= SDP.maximumLength else { throw .tooLong }
        var seen: Set<Character> = []
        for raw in bytes.split(separator: 0x0a) {
            let line = String(decoding: raw.last == 0x0d ? raw.dropLast() : raw, as: UTF8.self)
            if line.isEmpty { continue }
            let (type, rest) = SDPText.cut(line, at: "=")
            guard let value = rest, let letter = type.first, type.count == 1, !raw.contains(0) else {
                throw .malformed(line: line)
            }
            if seen.isEmpty, letter != "v" { throw .missing("v") }
            seen.insert(letter)
            try read(letter, value, line: line)
        }
        for letter: Character in ["v", "o", "s", "t"] where !seen.contains(letter) { throw .missing(String(letter)) }
        try finish()
        return description
    }

    private mutating func read(_ letter: Character, _ value: String, line: String) throws(SDPError) {
        switch letter {
        case "v":
            guard value == "0" else { throw .malformed(line: line) }
        case "o":
            guard description.origin == nil else { return }
            description.origin = try origin(value, line: line)
        case "m":
            try finish()
            current = try media(value, line: line)
        case "c":
            let connection = try connection(value, line: line)
            if current == nil { session.connection = connection } else { current?.connection = connection }
        case "a":
            let (name, rest) = SDPText.cut(value, at: ":")
            if name == "group" { return try group(rest ?? "") }
            if current == nil {
                try session.read(name, rest ?? "", line: line)
            } else {
                try current?.read(name, rest ?? "", line: line)
            }
        default: break
        }
    }

    private mutating func finish() throws(SDPError) {
        guard let section = current else { return }
        current = nil
        try description.contents.append(section.content(inheriting: session), limit: SDPLimits.contents, "m-lines")
    }

    private func origin(_ value: String, line: String) throws(SDPError) -> Origin {
        let fields = SDPText.fields(value)
        guard fields.count == 6, let id = SDPText.uint64(fields[1]), let version = SDPText.uint64(fields[2]) else {
            throw .malformed(line: line)
        }
        return Origin(username: fields[0], sessionID: id, version: version, address: fields[5])
    }

    /// `IN IP4 192.0.2.1`, with a multicast TTL cut off; a host name is no error and no address.
    private func connection(_ value: String, line: String) throws(SDPError) -> SDPSection.Connection {
        let fields = SDPText.fields(value)
        guard fields.count >= 3, fields[0] == "IN" else { throw .malformed(line: line) }
        return IPAddress(SDPText.cut(fields[2], at: "/").head).map { .ip($0) } ?? .unresolved
    }

    private mutating func group(_ value: String) throws(SDPError) {
        let fields = SDPText.fields(value)
        guard let semantics = fields.first else { return }
        if fields.count > SDPLimits.names { throw .tooMany("names in a group") }
        try description.groups.append(
            ContentGroup(semantics: semantics, names: Array(fields.dropFirst())), limit: SDPLimits.groups, "groups")
    }

    private mutating func media(_ value: String, line: String) throws(SDPError) -> SDPSection {
        let fields = SDPText.fields(value)
        guard fields.count >= 4, let port = SDPText.port(SDPText.cut(fields[1], at: "/").head) else {
            throw .malformed(line: line)
        }
        var section = SDPSection()
        section.port = port
        section.kind =
            switch fields[0].lowercased() {
            case "audio": .audio
            case "video": .video
            default: .other(fields[0])
            }
        codecs += fields.count - 3
        if codecs > SDPLimits.codecs { throw .tooMany("codecs") }
        section.profile = TransportProfile(rawValue: fields[2].uppercased()) ?? .unknown
        if section.profile == .unknown {
            section.opaque = OpaqueFormats(profile: fields[2], formats: Array(fields[3...]))
            return section
        }
        for field in fields[3...] {
            guard let format = SDPText.integer(field, in: 0...127) else { throw .malformed(line: line) }
            let payloadType = UInt8(truncatingIfNeeded: format)
            if !section.formats.contains(payloadType) { section.formats.append(payloadType) }
        }
        return section
    }
}
