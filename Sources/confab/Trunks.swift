import Conference
import Primitives
import SIP
import Signalling
import Yams

/// What the file says below `gateway.trunks`: by name, where a trunk is and how it is spoken with.
struct Trunks {
    struct Entry {
        var domain: Trunk
        var sip: SIPTrunk
    }

    var entries: [String: Entry] = [:]

    private static let prefix = "gateway.trunks."

    /// Whether a leaf of the file is about a trunk: the table of callers has points in its keys.
    static func isKey(_ name: String) -> Bool { name.hasPrefix(prefix) }

    init() {}

    init(yaml text: String) throws {
        guard let trunks = try Yams.compose(yaml: text)?["gateway"]?["trunks"],
            trunks.scalar?.string.isEmpty != true
        else { return }
        guard case .mapping(let mapping) = trunks else {
            throw SettingsMistake(key: "gateway.trunks", problem: "is no mapping of trunks")
        }
        for (key, value) in mapping {
            let name = key.string ?? ""
            guard (1...64).contains(name.utf8.count),
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
            else {
                throw SettingsMistake(
                    key: "gateway.trunks", problem: "names `\(name)`; a name is made of letters, digits, - and _")
            }
            guard case .mapping(let values) = value else {
                throw SettingsMistake(key: Trunks.prefix + name, problem: "is no mapping")
            }
            entries[name] = try TrunkReader(name: name, values: values).entry()
        }
    }

    var domain: [String: Trunk] { entries.mapValues(\.domain) }
    var sip: [String: SIPTrunk] { entries.mapValues(\.sip) }
}

/// One trunk's mapping.
private struct TrunkReader {
    let name: String
    let values: Node.Mapping

    private static let keys = [
        "host", "user", "password", "strip", "strip-digits", "prefix", "caller-id", "caller-ids", "caller-id-in",
        "maximum-calls", "first-response", "ring-time", "early-media", "trusted",
    ]

    func entry() throws -> Trunks.Entry {
        for key in values.keys where !TrunkReader.keys.contains(key.string ?? "") {
            throw mistake(nil, "has `\(key.string ?? "?")`; there may be \(TrunkReader.keys.joined(separator: ", "))")
        }
        guard let place = text("host") else { throw mistake("host", "is missing: where its calls go") }
        var sip = SIPTrunk()
        var domain = Trunk(host: try host(place, &sip))
        domain.rewriting = NumberRewriting(
            leading: text("strip") ?? "", count: try int("strip-digits", in: 0...20) ?? 0, prefix: text("prefix") ?? "")
        domain.callerIDs = CallerIDs(usual: try text("caller-id").map(callerID), table: try callerTable())
        domain.maximumCalls = try int("maximum-calls", in: 1...100_000)
        switch (text("user"), text("password")) {
        case (let user?, let password?): sip.user = DigestUser(name: user, password: Redacted(password))
        case (nil, nil): break
        case (nil, _): throw mistake("user", "is missing beside password")
        case (_, nil): throw mistake("password", "is missing beside user")
        }
        let identities = try texts("caller-id-in").map { try choice("caller-id-in", $0) as SIPTrunk.Identity }
        if !identities.isEmpty { sip.identities = Set(identities) }
        if let early = text("early-media") { sip.earlyMedia = try choice("early-media", early) }
        if let seconds = try int("first-response", in: 1...32) { sip.firstResponse = .seconds(seconds) }
        if let seconds = try int("ring-time", in: 5...600) { sip.ringTime = .seconds(seconds) }
        sip.isTrusted = try bool("trusted")
        domain.isTrusted = sip.isTrusted
        return Trunks.Entry(domain: domain, sip: sip)
    }

    /// `HOST[:PORT][;transport=…][;security=…]`.
    private func host(_ text: String, _ sip: inout SIPTrunk) throws -> String {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        let host = (parts.first ?? "").lowercased()
        guard !host.isEmpty, host != "*", !host.contains(where: { "@/ ,".contains($0) }) else {
            throw mistake("host", "is `\(text)`, which is no HOST[:PORT]")
        }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1).map(String.init)
            let value = pair.count == 2 ? pair[1] : ""
            if pair.first == "transport", let transport = SIPTransport(rawValue: value), !transport.isWebSocket {
                sip.transport = transport
            } else if pair.first == "security", let offer = SIPMediaSecurity.Offer(rawValue: value) {
                sip.offer = offer
            } else {
                let offers = SIPMediaSecurity.Offer.allCases.map(\.rawValue).joined(separator: ", ")
                throw mistake(
                    "host",
                    "is `\(text)`; behind a host may be ;transport=udp, tcp or tls, and ;security= with \(offers)")
            }
        }
        return host
    }

    private func callerID(_ text: String) throws -> String {
        guard text.utf8.count <= 64,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+._-".contains($0)) })
        else {
            throw mistake("caller-id", "is `\(text)`, which is neither a number, nor a name, nor anonymous")
        }
        return text
    }

    private func callerTable() throws -> [String: String] {
        guard let node = values[Node("caller-ids")], node.scalar?.string.isEmpty != true else { return [:] }
        guard case .mapping(let mapping) = node else { throw mistake("caller-ids", "is no mapping of ADDRESS: NUMBER") }
        var table: [String: String] = [:]
        for (key, value) in mapping {
            guard let address = key.string, !address.isEmpty, let number = value.scalar?.string, !number.isEmpty else {
                throw mistake("caller-ids", "is no mapping of ADDRESS: NUMBER")
            }
            table[address.lowercased()] = try callerID(number)
        }
        return table
    }

    private func mistake(_ key: String?, _ problem: String) -> SettingsMistake {
        SettingsMistake(key: "gateway.trunks.\(name)" + (key.map { ".\($0)" } ?? ""), problem: problem)
    }

    private func text(_ key: String) -> String? {
        let found = values[Node(key)]?.scalar?.string ?? ""
        return found.isEmpty ? nil : found
    }

    private func texts(_ key: String) throws -> [String] {
        guard let node = values[Node(key)] else { return [] }
        if case .sequence(let sequence) = node { return sequence.compactMap { $0.scalar?.string } }
        return (node.scalar?.string ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    }

    private func int(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw mistake(key, "is `\(text)`; it may be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func bool(_ key: String) throws -> Bool {
        switch text(key)?.lowercased() {
        case nil, "false", "no", "off", "0": return false
        case "true", "yes", "on", "1": return true
        case let other?: throw mistake(key, "is `\(other)`; it may be true or false")
        }
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ text: String
    ) throws -> Choice {
        guard let found = Choice(rawValue: text) else {
            throw mistake(key, "is `\(text)`; it may be \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return found
    }
}
