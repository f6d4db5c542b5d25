import COsip

/// libosip2's parser: text in, values out. Its objects live no longer than a call.
enum OsipParser {
    /// What it reads of a message.
    struct Parts {
        var requestURI: SIPURI?
        var vias: [Via] = []
        var from: NameAddress?
        var to: NameAddress?
        var contacts: [NameAddress] = []
        var hasEveryContact = false
        var routes: [NameAddress] = []
        var recordRoutes: [NameAddress] = []
    }

    /// Names of the headers it is given, in lower case; the others stay text.
    static let structured: Set<String> = ["via", "from", "to", "contact", "route", "record-route"]

    private static let isReady: Bool = {
        confab_osip_init()
        return true
    }()

    /// Nil when it finds an error, or what it found is no address.
    static func parts(of raw: RawMessage) -> Parts? {
        var text = (raw.requestLine.map { "\($0.method) \($0.uri) SIP/2.0" } ?? "SIP/2.0 200 OK") + "\r\n"
        for header in raw.headers where structured.contains(header.name.lowercased()) {
            guard !header.value.isEmpty else { continue }
            text += "\(header.name): \(header.value)\r\n"
        }
        text += "\r\n"
        guard isReady, isSafe(text) else { return nil }
        var created: MessagePointer?
        guard osip_message_init(&created) == 0, let message = created else { return nil }
        defer { osip_message_free(message) }
        guard text.withCString({ osip_message_parse(message, $0, text.utf8.count) }) == 0 else { return nil }
        return parts(of: message.pointee, isRequest: raw.requestLine != nil)
    }

    private typealias MessagePointer = UnsafeMutablePointer<osip_message_t>

    private static func parts(of message: osip_message_t, isRequest: Bool) -> Parts? {
        var parts = Parts()
        if isRequest {
            guard let uri = uri(of: message.req_uri) else { return nil }
            parts.requestURI = uri
        }
        parts.from = message.from.flatMap { nameAddress(of: $0.pointee) }
        parts.to = message.to.flatMap { nameAddress(of: $0.pointee) }
        for via in elements(of: message.vias, as: osip_via_t.self) {
            guard let via = Self.via(of: via.pointee) else { return nil }
            parts.vias.append(via)
        }
        for contact in elements(of: message.contacts, as: osip_from_t.self) {
            if contact.pointee.url == nil, string(contact.pointee.displayname) == "*" {
                parts.hasEveryContact = true
                continue
            }
            guard let address = nameAddress(of: contact.pointee) else { return nil }
            parts.contacts.append(address)
        }
        for route in elements(of: message.routes, as: osip_from_t.self) {
            guard let address = nameAddress(of: route.pointee) else { return nil }
            parts.routes.append(address)
        }
        for route in elements(of: message.record_routes, as: osip_from_t.self) {
            guard let address = nameAddress(of: route.pointee) else { return nil }
            parts.recordRoutes.append(address)
        }
        return parts
    }

    static func uri(_ text: String) -> SIPURI? {
        guard isReady, isSafe(text) else { return nil }
        var created: UnsafeMutablePointer<osip_uri_t>?
        guard osip_uri_init(&created) == 0, let uri = created else { return nil }
        defer { osip_uri_free(uri) }
        guard text.withCString({ osip_uri_parse(uri, $0) }) == 0 else { return nil }
        return self.uri(of: uri)
    }

    static func nameAddress(_ text: String) -> NameAddress? {
        guard isReady, isSafe(text) else { return nil }
        var created: UnsafeMutablePointer<osip_from_t>?
        guard osip_from_init(&created) == 0, let from = created else { return nil }
        defer { osip_from_free(from) }
        guard text.withCString({ osip_from_parse(from, $0) }) == 0 else { return nil }
        return nameAddress(of: from.pointee)
    }

    /// A NUL, plain or percent-encoded, would cut a C string short.
    private static func isSafe(_ text: String) -> Bool {
        !text.utf8.contains(0) && text.firstRange(of: "%00") == nil
    }

    // MARK: Its objects as values

    private static func uri(of pointer: UnsafeMutablePointer<osip_uri_t>?) -> SIPURI? {
        guard let uri = pointer?.pointee, let scheme = string(uri.scheme)?.lowercased(), !scheme.isEmpty else {
            return nil
        }
        guard scheme == "sip" || scheme == "sips" else {
            var other = SIPURI(scheme: scheme, host: "")
            other.opaque = string(uri.string) ?? ""
            return other
        }
        guard let host = string(uri.host), isHost(host) else { return nil }
        var result = SIPURI(scheme: scheme, user: string(uri.username), host: host)
        result.password = string(uri.password)
        if let port = string(uri.port) {
            guard let number = UInt16(port), number > 0 else { return nil }
            result.port = number
        }
        result.parameters = parameters(of: uri.url_params)
        result.headers = parameters(of: uri.url_headers)
        return isPrintable(result) ? result : nil
    }

    /// Percent-encoded control characters have no place in a name: they would get into logs and user interfaces.
    private static func isPrintable(_ uri: SIPURI) -> Bool {
        let texts = [uri.user, uri.password] + uri.parameters.list.flatMap { [$0.name, $0.value] }
        return texts.allSatisfy { text in text?.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } ?? true }
    }

    private static func nameAddress(of address: osip_from_t) -> NameAddress? {
        guard let uri = uri(of: address.url) else { return nil }
        let name = string(address.displayname).map { NameAddress.unquoted($0.trimmed) }
        return NameAddress(
            displayName: name?.isEmpty == true ? nil : name, uri, parameters: parameters(of: address.gen_params))
    }

    private static func via(of via: osip_via_t) -> Via? {
        guard string(via.version) == "2.0", let transport = string(via.protocol), !transport.isEmpty,
            transport.utf8.count <= 16, transport.utf8.allSatisfy(RawMessage.isToken),
            let host = string(via.host), isHost(host)
        else { return nil }
        var port: UInt16?
        if let text = string(via.port) {
            guard let number = UInt16(text), number > 0 else { return nil }
            port = number
        }
        let bare = host.first == "[" ? String(host.dropFirst().prefix { $0 != "]" }) : host
        return Via(
            transport: transport.uppercased(), host: bare, port: port, parameters: parameters(of: via.via_params))
    }

    private static func parameters(of list: osip_list_t) -> SIPParameters {
        SIPParameters(
            elements(of: list, as: osip_uri_param_t.self).compactMap { parameter in
                guard let name = string(parameter.pointee.gname), !name.isEmpty else { return nil }
                return SIPParameters.Parameter(name, string(parameter.pointee.gvalue))
            })
    }

    private static func elements<Element>(
        of list: osip_list_t, as type: Element.Type
    ) -> [UnsafeMutablePointer<Element>] {
        withUnsafePointer(to: list) { list in
            var elements: [UnsafeMutablePointer<Element>] = []
            var iterator = osip_list_iterator_t()
            var next = osip_list_get_first(list, &iterator)
            while let element = next {
                elements.append(element.assumingMemoryBound(to: type))
                next = osip_list_get_next(&iterator)
            }
            return elements
        }
    }

    private static func string(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    /// A host name, or an address: nothing that could not be written back.
    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "-._:[]".utf8.contains(byte)
                }
            }
    }
}
