import CExpat

/// The parser of one XML stream (RFC 6120 sections 4 and 11), over expat: bytes in as they come, events out.
///
/// Comments, processing instructions, document types and entities end the stream (section 11.1), as do a stanza that is
/// too large, elements nested too deeply and too many attributes.
public final class XMLStreamParser {
    private let parser: XML_Parser?
    private let limits: XMLStreamLimits
    private let contentNamespace: String
    private var events: [XMLStreamEvent] = []
    private var open: [XMLElement] = []
    private var isStreamOpen = false
    private var isOver = false
    /// Where the current stanza began, in bytes since the start of the stream.
    private var stanzaStart = 0
    private var fed = 0

    /// Between namespace and local name in what expat reports; no character of XML.
    private static let separator: XML_Char = 1

    /// - Parameters:
    ///   - salt: for expat's hash tables; random.
    ///   - contentNamespace: the stream's own namespace for stanzas, reported as `Namespace.client`.
    public init(
        salt: UInt64, limits: XMLStreamLimits = XMLStreamLimits(),
        contentNamespace: String = Namespace.componentAccept
    ) {
        self.limits = limits
        self.contentNamespace = contentNamespace
        parser = XML_ParserCreateNS("UTF-8", XMLStreamParser.separator)
        guard let parser else {
            fail(StreamError(.internalServerError, "no memory for a parser"))
            return
        }
        XML_SetHashSalt(parser, UInt(truncatingIfNeeded: salt))
        // Deferral would keep a stanza back that came in small pieces until the next one comes (expat 2.6, backported).
        _ = XML_SetReparseDeferralEnabled(parser, XML_Bool(XML_FALSE))
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { user, name, attributes in XMLStreamParser.from(user)?.start(name, attributes) },
            { user, _ in XMLStreamParser.from(user)?.end() })
        XML_SetCharacterDataHandler(parser) { user, data, length in
            XMLStreamParser.from(user)?.characters(data, Int(length))
        }
        XML_SetStartDoctypeDeclHandler(parser) { user, _, _, _, _ in
            XMLStreamParser.from(user)?.fail(StreamError(.restrictedXML, "document type"))
        }
        XML_SetProcessingInstructionHandler(parser) { user, _, _ in
            XMLStreamParser.from(user)?.fail(StreamError(.restrictedXML, "processing instruction"))
        }
        XML_SetCommentHandler(parser) { user, _ in
            XMLStreamParser.from(user)?.fail(StreamError(.restrictedXML, "comment"))
        }
    }

    deinit { if let parser { XML_ParserFree(parser) } }

    /// Reads more bytes of the stream and gives what they complete. After `failed` or `streamClosed` nothing follows.
    public func parse(_ bytes: some Collection<UInt8>) -> [XMLStreamEvent] {
        let bytes = Array(bytes)
        var offset = 0
        while offset < bytes.count, !isOver {
            let chunk = bytes[offset..<min(offset + 4096, bytes.count)]
            offset = chunk.endIndex
            feed(chunk)
        }
        defer { events.removeAll() }
        return events
    }

    private func feed(_ chunk: ArraySlice<UInt8>) {
        guard let parser else { return }
        fed += chunk.count
        let status = chunk.withUnsafeBytes { raw in
            XML_Parse(parser, raw.bindMemory(to: CChar.self).baseAddress, Int32(raw.count), 0)
        }
        if isOver { return }
        if status == XML_STATUS_OK {
            if fed - stanzaStart > limits.stanzaSize { fail(StreamError(.policyViolation, "stanza too large")) }
            return
        }
        let code = XML_GetErrorCode(parser)
        let text = XML_ErrorString(code).map { String(cString: $0) }
        switch code {
        case XML_ERROR_UNDEFINED_ENTITY, XML_ERROR_ENTITY_DECLARED_IN_PE, XML_ERROR_EXTERNAL_ENTITY_HANDLING:
            fail(StreamError(.restrictedXML, text))
        case XML_ERROR_UNBOUND_PREFIX: fail(StreamError(.badNamespacePrefix, text))
        case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING: fail(StreamError(.unsupportedEncoding, text))
        case XML_ERROR_NO_MEMORY: fail(StreamError(.internalServerError, text))
        default: fail(StreamError(.notWellFormed, text))
        }
    }

    private func fail(_ error: StreamError) {
        guard !isOver else { return }
        events.append(.failed(error))
        finish()
    }

    private func finish() {
        isOver = true
        open.removeAll()
        if let parser { XML_StopParser(parser, XML_Bool(XML_FALSE)) }
    }

    private static func from(_ user: UnsafeMutableRawPointer?) -> XMLStreamParser? {
        user.map { Unmanaged<XMLStreamParser>.fromOpaque($0).takeUnretainedValue() }
    }
}

// MARK: What expat calls

extension XMLStreamParser {
    private var position: Int { parser.map { Int(XML_GetCurrentByteIndex($0)) } ?? 0 }

    private func start(
        _ name: UnsafePointer<XML_Char>?, _ pairs: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) {
        guard !isOver, let name else { return }
        guard open.count < limits.depth else { return fail(StreamError(.policyViolation, "nested too deeply")) }
        var attributes: [XMLAttribute] = []
        if var pair = pairs {
            while let key = pair[0], let value = pair[1] {
                guard attributes.count < limits.attributes else {
                    return fail(StreamError(.policyViolation, "too many attributes"))
                }
                let (name, namespace) = split(key)
                attributes.append(XMLAttribute(name, namespace: namespace, String(cString: value)))
                pair += 2
            }
        }
        let (local, namespace) = split(name)
        let element = XMLElement(local, namespace, attributes: attributes, children: [])
        if isStreamOpen {
            if open.isEmpty { stanzaStart = position }
            open.append(element)
        } else {
            isStreamOpen = true
            stanzaStart = position
            events.append(.streamOpened(element))
        }
    }

    private func end() {
        guard !isOver else { return }
        guard let element = open.popLast() else {
            events.append(.streamClosed)
            return finish()
        }
        if open.isEmpty {
            if position - stanzaStart > limits.stanzaSize {
                return fail(StreamError(.policyViolation, "stanza too large"))
            }
            stanzaStart = position
            events.append(.stanza(element))
        } else {
            open[open.count - 1].append(element)
        }
    }

    private func characters(_ data: UnsafePointer<XML_Char>?, _ length: Int) {
        guard !isOver, let data, length > 0 else { return }
        let bytes = UnsafeRawBufferPointer(start: data, count: length)
        guard !open.isEmpty else {
            guard bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) else {
                return fail(StreamError(.badFormat, "text between stanzas"))
            }
            if isStreamOpen { stanzaStart = position }
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let top = open.count - 1
        if let last = open[top].children.indices.last, case .text(var before) = open[top].children[last] {
            open[top].children[last] = .text("")
            before += text
            open[top].children[last] = .text(before)
        } else {
            open[top].children.append(.text(text))
        }
    }

    private func split(_ name: UnsafePointer<XML_Char>) -> (name: String, namespace: String) {
        let text = String(cString: name)
        guard let gap = text.utf8.firstIndex(of: UInt8(bitPattern: XMLStreamParser.separator)) else {
            return (text, "")
        }
        let namespace = String(text[..<gap])
        let local = String(text[text.utf8.index(after: gap)...])
        return (local, namespace == contentNamespace ? Namespace.client : namespace)
    }
}
