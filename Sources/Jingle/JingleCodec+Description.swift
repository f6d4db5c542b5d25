import MediaDescription
import XMPP

/// XEP-0167's `<description/>` and what XEP-0293, XEP-0294 and XEP-0339 put into it.
extension JingleCodec {
    static func xml(description content: ContentDescription, by party: Creator) -> XMLElement {
        XMLElement("description", JingleNamespace.rtp, ["media": name(of: content.kind)]) {
            content.codecs.map { xml(codec: $0, ptime: content.ptime, maxptime: content.maxptime) }
            content.feedback.map(xml(feedback:))
            content.headerExtensions.compactMap { xml(headerExtension: $0, by: party) }
            content.sources.map(xml(source:))
            if !content.cryptos.isEmpty {
                XMLElement("encryption", JingleNamespace.rtp, ["required": "true"]) {
                    content.cryptos.map(xml(crypto:))
                }
            }
            if content.rtcpMux { XMLElement("rtcp-mux", JingleNamespace.rtp) }
        }
    }

    static func read(_ application: XMLElement, into content: inout ContentDescription, by party: Creator) {
        guard application.namespace == JingleNamespace.rtp else {
            content.kind = .other(application.namespace.clipped(to: JingleLimits.text))
            return
        }
        content.kind = kind(named: application["media"] ?? "")
        for child in application.elements {
            switch (child.name, child.namespace) {
            case ("payload-type", JingleNamespace.rtp): readPayloadType(child, into: &content)
            case ("rtcp-mux", JingleNamespace.rtp): content.rtcpMux = true
            case ("encryption", JingleNamespace.rtp):
                content.cryptos = child.children(named: "crypto").prefix(JingleLimits.items).compactMap(crypto)
            case (_, JingleNamespace.rtcpFeedback) where content.feedback.count < JingleLimits.items:
                if let feedback = feedback(child) { content.feedback.append(feedback) }
            case ("rtp-hdrext", JingleNamespace.headerExtensions)
            where content.headerExtensions.count < JingleLimits.items:
                if let found = headerExtension(child, by: party) { content.headerExtensions.append(found) }
            case ("source", JingleNamespace.sources) where content.sources.count < JingleLimits.items:
                if let source = source(child) { content.sources.append(source) }
            default: break
            }
        }
    }

    // MARK: Payload types

    private static func xml(codec: Codec, ptime: Int?, maxptime: Int?) -> XMLElement {
        XMLElement(
            "payload-type", JingleNamespace.rtp,
            [
                "id": String(codec.payloadType), "name": codec.name, "clockrate": String(codec.clockRate),
                "channels": codec.channels == 1 ? nil : String(codec.channels), "ptime": ptime.map { String($0) },
                "maxptime": maxptime.map { String($0) },
            ]
        ) {
            codec.parameters.filter { isParameterValue($0.value) }.map {
                XMLElement("parameter", JingleNamespace.rtp, ["name": $0.name, "value": $0.value])
            }
            codec.feedback.map(xml(feedback:))
        }
    }

    /// Clients refuse a description with a parameter whose value is empty or has white space.
    private static func isParameterValue(_ text: String) -> Bool {
        !text.isEmpty && !text.contains(where: \.isWhitespace)
    }

    private static func readPayloadType(_ element: XMLElement, into content: inout ContentDescription) {
        guard content.codecs.count < JingleLimits.payloadTypes,
            let id = element["id"].flatMap({ UInt8($0) }), id < 128,
            !content.codecs.contains(where: { $0.payloadType == id })
        else { return }
        let assigned = staticPayloadTypes[id]
        guard let name = bounded(element["name"]) ?? assigned?.name else { return }
        let clockRate = number(element["clockrate"], 1...10_000_000) ?? assigned?.clockRate ?? 8000
        let parameters = element.children(named: "parameter").prefix(JingleLimits.items).compactMap(parameter)
        let feedback = element.children(in: JingleNamespace.rtcpFeedback).prefix(JingleLimits.items)
            .compactMap(feedback)
        content.codecs.append(
            Codec(
                payloadType: id, name: name, clockRate: clockRate,
                channels: number(element["channels"], 1...255) ?? 1, parameters: parameters, feedback: feedback))
        content.ptime = content.ptime ?? number(element["ptime"], 1...10_000)
        content.maxptime = content.maxptime ?? number(element["maxptime"], 1...10_000)
    }

    /// A name alone is what SDP writes without `=`.
    private static func parameter(_ element: XMLElement) -> Parameter? {
        let name = element["name"] ?? ""
        guard name.utf8.count <= JingleLimits.text else { return nil }
        if let value = bounded(element["value"]) { return Parameter(name, value) }
        return name.isEmpty ? nil : Parameter("", name)
    }

    /// RFC 3551 table 4, of what may be written without a name.
    private static let staticPayloadTypes: [UInt8: (name: String, clockRate: Int)] = [
        0: ("PCMU", 8000), 3: ("GSM", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 13: ("CN", 8000),
        15: ("G728", 8000), 18: ("G729", 8000),
    ]

    // MARK: Feedback, header extensions, sources

    private static func xml(feedback: RTCPFeedback) -> XMLElement {
        if feedback.type == "trr-int" {
            return XMLElement("rtcp-fb-trr-int", JingleNamespace.rtcpFeedback, ["value": feedback.subtype])
        }
        return XMLElement(
            "rtcp-fb", JingleNamespace.rtcpFeedback, ["type": feedback.type, "subtype": feedback.subtype])
    }

    private static func feedback(_ element: XMLElement) -> RTCPFeedback? {
        switch element.name {
        case "rtcp-fb-trr-int": bounded(element["value"]).map { RTCPFeedback(type: "trr-int", subtype: $0) }
        case "rtcp-fb":
            bounded(element["type"]).map { RTCPFeedback(type: $0, subtype: bounded(element["subtype"])) }
        default: nil
        }
    }

    /// XEP-0294 knows no extension that nobody sends.
    private static func xml(headerExtension: HeaderExtension, by party: Creator) -> XMLElement? {
        let senders = Senders(headerExtension.direction, seenBy: party)
        guard senders != .nobody else { return nil }
        return XMLElement(
            "rtp-hdrext", JingleNamespace.headerExtensions,
            [
                "id": String(headerExtension.id), "uri": headerExtension.uri,
                "senders": senders == .both ? nil : senders.rawValue,
            ])
    }

    private static func headerExtension(_ element: XMLElement, by party: Creator) -> HeaderExtension? {
        guard let id = number(element["id"], 1...4351), let uri = bounded(element["uri"]) else { return nil }
        let senders = element["senders"].flatMap(Senders.init(rawValue:)) ?? .both
        return HeaderExtension(id: id, uri: uri, direction: senders.direction(seenBy: party))
    }

    private static func xml(source: MediaSource) -> XMLElement {
        XMLElement("source", JingleNamespace.sources, ["ssrc": String(source.ssrc)]) {
            source.parameters.filter { !$0.name.isEmpty && !$0.value.isEmpty }.map {
                XMLElement("parameter", JingleNamespace.sources, ["name": $0.name, "value": $0.value])
            }
        }
    }

    private static func source(_ element: XMLElement) -> MediaSource? {
        guard let ssrc = element["ssrc"].flatMap({ UInt32($0) }) else { return nil }
        let parameters = element.children(named: "parameter").prefix(JingleLimits.items).compactMap {
            parameter -> Parameter? in
            guard let name = bounded(parameter["name"]), let value = bounded(parameter["value"]) else { return nil }
            return Parameter(name, value)
        }
        return MediaSource(ssrc: ssrc, parameters: parameters)
    }

    // MARK: SDES

    private static func xml(crypto: SDESCrypto) -> XMLElement {
        XMLElement(
            "crypto", JingleNamespace.rtp,
            [
                "crypto-suite": crypto.suite, "key-params": crypto.keyParameters,
                "session-params": crypto.sessionParameters.isEmpty ? nil : crypto.sessionParameters,
                "tag": String(crypto.tag),
            ])
    }

    private static func crypto(_ element: XMLElement) -> SDESCrypto? {
        guard let tag = number(element["tag"], 0...999_999_999), let suite = bounded(element["crypto-suite"]),
            let key = bounded(element["key-params"])
        else { return nil }
        return SDESCrypto(
            tag: tag, suite: suite, keyParameters: key, sessionParameters: bounded(element["session-params"]) ?? "")
    }

    // MARK: Values

    static func name(of kind: MediaKind) -> String {
        switch kind {
        case .audio: "audio"
        case .video: "video"
        case .other(let name): name
        }
    }

    static func kind(named name: String) -> MediaKind {
        switch name {
        case "audio": .audio
        case "video": .video
        default: .other(name.clipped(to: JingleLimits.text))
        }
    }

    /// The text, unless it is missing, empty or too long.
    static func bounded(_ text: String?) -> String? {
        guard let text, (1...JingleLimits.text).contains(text.utf8.count) else { return nil }
        return text
    }

    /// The number, unless it is missing, none or out of range.
    static func number(_ text: String?, _ range: ClosedRange<Int>) -> Int? {
        guard let text, let value = Int(text), range.contains(value) else { return nil }
        return value
    }
}
