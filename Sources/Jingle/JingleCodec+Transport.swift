import MediaDescription
import Primitives
import XMPP

/// XEP-0176's `<transport/>` with XEP-0320's fingerprints.
extension JingleCodec {
    static func xml(transport content: ContentDescription) -> XMLElement {
        XMLElement(
            "transport", JingleNamespace.iceUDP, ["ufrag": content.ice?.ufrag, "pwd": content.ice?.pwd]
        ) {
            content.fingerprints.map { xml(fingerprint: $0, setup: content.setup) }
            (content.ice?.options ?? []).filter(options.contains).map {
                XMLElement($0, JingleNamespace.iceOption)
            }
            if content.ice?.isLite == true { XMLElement("ice-lite", JingleNamespace.iceUDP) }
            content.candidates.map(xml(candidate:))
        }
    }

    /// The options that have an element.
    private static let options: Set<String> = ["trickle", "renomination", "ice2"]

    static func read(_ transport: XMLElement, into content: inout ContentDescription) {
        guard transport.namespace == JingleNamespace.iceUDP else { return }
        var found: [String] = []
        var candidateCount = 0
        for child in transport.elements {
            switch (child.name, child.namespace) {
            case ("candidate", JingleNamespace.iceUDP):
                candidateCount += 1
                guard candidateCount <= JingleLimits.candidates else { continue }
                if let candidate = candidate(child) { content.candidates.append(candidate) }
            case ("fingerprint", JingleNamespace.dtls) where content.fingerprints.count < JingleLimits.items:
                guard let fingerprint = fingerprint(child) else { continue }
                content.fingerprints.append(fingerprint)
                content.setup = content.setup ?? child["setup"].flatMap(SetupRole.init(rawValue:))
            case (_, JingleNamespace.iceOption) where options.contains(child.name) && !found.contains(child.name):
                found.append(child.name)
            case ("gathering-complete", _): content.endOfCandidates = true
            default: break
            }
        }
        guard let ufrag = bounded(transport["ufrag"]), let pwd = bounded(transport["pwd"]) else { return }
        content.ice = ICEParameters(
            ufrag: ufrag, pwd: pwd, isLite: transport.child("ice-lite") != nil, options: found)
    }

    // MARK: Fingerprints

    private static func xml(fingerprint: Fingerprint, setup: SetupRole?) -> XMLElement {
        var text = ""
        for (index, byte) in fingerprint.bytes.enumerated() {
            if index > 0 { text += ":" }
            text += Hex.encode([byte]).uppercased()
        }
        return XMLElement(
            "fingerprint", JingleNamespace.dtls, ["hash": fingerprint.hash, "setup": setup?.rawValue], text: text)
    }

    private static func fingerprint(_ element: XMLElement) -> Fingerprint? {
        guard let hash = bounded(element["hash"]), let text = bounded(element.text) else { return nil }
        let digits = text.filter { $0 != ":" && !$0.isWhitespace }
        guard let bytes = Hex.decode(digits), !bytes.isEmpty else { return nil }
        return Fingerprint(hash: hash.lowercased(), bytes: bytes)
    }

    // MARK: Candidates

    static func xml(candidate: CandidateDescription) -> XMLElement {
        var element = XMLElement(
            "candidate", JingleNamespace.iceUDP,
            [
                "component": String(candidate.component), "foundation": candidate.foundation,
                "generation": String(candidate.generation),
                "id": candidate.id.isEmpty ? identifier(of: candidate) : candidate.id,
                "ip": candidate.address.ip.description, "network": String(candidate.network),
                "port": String(candidate.address.port), "priority": String(candidate.priority),
                "protocol": candidate.transport, "type": candidate.kind.rawValue,
                "rel-addr": candidate.relatedAddress?.ip.description,
                "rel-port": candidate.relatedAddress.map { String($0.port) },
            ])
        // RFC 6544's `tcptype` is the one extension with an attribute (XEP-0371 section 5.2).
        element["tcptype"] = candidate.extensions.first { $0.name == "tcptype" }?.value
        return element
    }

    private static func identifier(of candidate: CandidateDescription) -> String {
        let address = candidate.address.ip.description.map { $0 == ":" ? "-" : $0 }
        return "c\(candidate.generation).\(candidate.component).\(candidate.transport)."
            + "\(String(address)).\(candidate.address.port)"
    }

    static func candidate(_ element: XMLElement) -> CandidateDescription? {
        guard let component = number(element["component"], 1...256),
            let foundation = bounded(element["foundation"]), foundation.utf8.count <= 256,
            let ip = bounded(element["ip"]).flatMap({ IPAddress($0) }),
            let port = element["port"].flatMap({ UInt16($0) }), port != 0,
            let priority = element["priority"].flatMap({ UInt32($0) }),
            let transport = bounded(element["protocol"]),
            let kind = element["type"].flatMap(CandidateDescription.Kind.init(rawValue:))
        else { return nil }
        var related: SocketAddress?
        if let ip = bounded(element["rel-addr"]).flatMap({ IPAddress($0) }) {
            related = SocketAddress(ip, element["rel-port"].flatMap { UInt16($0) } ?? 0)
        }
        return CandidateDescription(
            foundation: foundation, component: component, transport: transport.lowercased(), priority: priority,
            address: SocketAddress(ip, port), kind: kind, relatedAddress: related,
            generation: number(element["generation"], 0...65535) ?? 0,
            network: number(element["network"], 0...65535) ?? 0, id: bounded(element["id"]) ?? "",
            extensions: bounded(element["tcptype"]).map { [Parameter("tcptype", $0)] } ?? [])
    }
}
