import Primitives

/// Builds SDP text line by line.
struct SDPWriter {
    private var text = ""

    mutating func write(_ description: SessionDescription) -> String {
        let connection = description.contents.lazy.compactMap(\.address).first?.ip
        let origin =
            description.origin
            ?? Origin(
                sessionID: 0, version: 0, address: (connection ?? .any4).description)
        let family = origin.address.contains(":") ? "IP6" : "IP4"
        line("v=0")
        line(
            "o=\(token(origin.username)) \(origin.sessionID) \(origin.version) IN \(family) \(token(origin.address))")
        line("s=-")
        line("c=\(address(connection ?? .any4))")
        line("t=0 0")
        for group in description.groups {
            attribute("group", ([group.semantics] + group.names).map(token).joined(separator: " "))
        }
        if description.contents.contains(where: { $0.ice?.isLite == true }) { line("a=ice-lite") }
        for content in description.contents { write(content, session: connection ?? .any4) }
        return text
    }

    private mutating func write(_ content: ContentDescription, session: IPAddress) {
        let media =
            switch content.kind {
            case .audio: "audio"
            case .video: "video"
            case .other(let name): token(name)
            }
        let port = content.isRejected ? 0 : content.address?.port ?? 9
        var profile = content.profile == .unknown ? TransportProfile.avp.rawValue : content.profile.rawValue
        var formats = content.codecs.map { String($0.payloadType) }
        if let opaque = content.opaque {
            profile = token(opaque.profile)
            formats = opaque.formats.map(token)
        }
        if formats.isEmpty { formats = ["0"] }
        line("m=\(media) \(port) \(profile) \(formats.joined(separator: " "))")
        if !content.isRejected {
            let ip = content.address?.ip ?? .any4
            if ip != session { line("c=\(address(ip))") }
        }
        if !content.name.isEmpty { attribute("mid", token(content.name)) }
        line("a=\(content.direction.rawValue)")
        for codec in content.codecs { write(codec) }
        for feedback in content.feedback { attribute("rtcp-fb", "* " + value(feedback)) }
        if let ptime = content.ptime { attribute("ptime", String(ptime)) }
        if let maxptime = content.maxptime { attribute("maxptime", String(maxptime)) }
        for ext in content.headerExtensions {
            let direction = ext.direction == .sendrecv ? "" : "/\(ext.direction.rawValue)"
            attribute("extmap", "\(ext.id)\(direction) \(token(ext.uri))")
        }
        if content.rtcpMux { line("a=rtcp-mux") }
        if let rtcp = content.rtcpAddress { attribute("rtcp", "\(rtcp.port) \(address(rtcp.ip))") }
        writeTransport(content)
        for source in content.sources {
            for parameter in source.parameters {
                let value = parameter.value.isEmpty ? "" : ":" + clean(parameter.value)
                attribute("ssrc", "\(source.ssrc) \(token(parameter.name))\(value)")
            }
        }
    }

    private mutating func write(_ codec: Codec) {
        let channels = codec.channels == 1 ? "" : "/\(codec.channels)"
        attribute("rtpmap", "\(codec.payloadType) \(token(codec.name))/\(codec.clockRate)\(channels)")
        if !codec.parameters.isEmpty {
            let parameters = codec.parameters.map { parameter in
                parameter.name.isEmpty
                    ? clean(parameter.value) : "\(token(parameter.name))=\(clean(parameter.value))"
            }
            attribute("fmtp", "\(codec.payloadType) \(parameters.joined(separator: ";"))")
        }
        for feedback in codec.feedback { attribute("rtcp-fb", "\(codec.payloadType) \(value(feedback))") }
    }

    private mutating func writeTransport(_ content: ContentDescription) {
        if let ice = content.ice {
            attribute("ice-ufrag", token(ice.ufrag))
            attribute("ice-pwd", token(ice.pwd))
            if !ice.options.isEmpty { attribute("ice-options", ice.options.map(token).joined(separator: " ")) }
        }
        for fingerprint in content.fingerprints {
            let hex = Array(Hex.encode(fingerprint.bytes).uppercased())
            let pairs = stride(from: 0, to: hex.count, by: 2).map { String(hex[$0..<min($0 + 2, hex.count)]) }
            attribute("fingerprint", "\(token(fingerprint.hash)) \(pairs.joined(separator: ":"))")
        }
        if let setup = content.setup { attribute("setup", setup.rawValue) }
        for crypto in content.cryptos {
            let session = crypto.sessionParameters.isEmpty ? "" : " " + clean(crypto.sessionParameters)
            attribute("crypto", "\(crypto.tag) \(token(crypto.suite)) \(token(crypto.keyParameters))\(session)")
        }
        for candidate in content.candidates { attribute("candidate", value(candidate)) }
        if content.endOfCandidates { line("a=end-of-candidates") }
    }

    private func value(_ candidate: CandidateDescription) -> String {
        var fields = [
            token(candidate.foundation), String(candidate.component), token(candidate.transport),
            String(candidate.priority), candidate.address.ip.description, String(candidate.address.port),
            "typ", candidate.kind.rawValue,
        ]
        if let related = candidate.relatedAddress {
            fields += ["raddr", related.ip.description, "rport", String(related.port)]
        }
        for parameter in candidate.extensions { fields += [token(parameter.name), token(parameter.value)] }
        fields += ["generation", String(candidate.generation)]
        if candidate.network != 0 { fields += ["network-id", String(candidate.network)] }
        return fields.joined(separator: " ")
    }

    private func value(_ feedback: RTCPFeedback) -> String {
        token(feedback.type) + (feedback.subtype.map { " " + clean($0) } ?? "")
    }

    private func address(_ ip: IPAddress) -> String { "IN \(ip.isV6 ? "IP6" : "IP4") \(ip)" }

    private mutating func attribute(_ name: String, _ value: String) { line("a=\(name):\(value)") }

    private mutating func line(_ line: String) { text += line + "\r\n" }

    /// A word: no space and no control character, and not empty.
    private func token(_ string: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in string.unicodeScalars {
            scalars.append(scalar.value > 0x20 && scalar.value != 0x7f ? scalar : "_")
        }
        return scalars.isEmpty ? "-" : String(scalars)
    }

    /// The rest of a line: no control character.
    private func clean(_ string: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in string.unicodeScalars {
            scalars.append(scalar.value >= 0x20 && scalar.value != 0x7f ? scalar : " ")
        }
        return String(scalars)
    }
}
