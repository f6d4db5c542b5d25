import CExpat

/// The parser of one XML stream (RFC 6120 sections 4 and 11), over expat: bytes in as they come, events out.
///
/// Comments, processing instructions, document types and entities end the stream (section 11.1). A stanza beyond the
/// limits is read over and reported as refused.
///
/// It reads whole documents as well: there comments and processing instructions are nothing (XML 1.0 sections 2.5 and 2.6),
/// and document types, with them entities, are refused all the same.
public final class XMLStreamParser {
    /// What is read.
    public enum Content: Sendable { case stream, document }

    private let parser: XML_Parser?
    private let limits: XMLStreamLimits
    private let contentNamespace: String
    private var events: [XMLStreamEvent] = []
    private var open: [XMLElement] = []
    private var isStreamOpen = false
    private var isOver = false
    /// Elements that are open, stored or not; 0 between stanzas.
    private var depth = 0
    /// In which way the stanza that is being read goes beyond the limits; of such a one only the first tag is kept.
    private var excess: String?
    /// Where the current stanza began, in bytes since the start of the stream.
    private var stanzaStart = 0
    private var fed = 0

    /// Between namespace and local name in what expat reports; no character of XML.
    private static let separator: XML_Char = 1

    /// - Parameters:
    ///   - content: of a document, the root is reported as the stream, what stands in it as stanzas.
    ///   - salt: for expat's hash tables; random.
    ///   - contentNamespace: the stream's own namespace for stanzas, reported as `Namespace.client`.
    public init(
        of content: Content = .stream, salt: UInt64, limits: XMLStreamLimits = XMLStreamLimits(),
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
        guard content == .stream else { return }
        XML_SetProcessingInstructionHandler(parser) { user, _, _ in
            XMLStreamParser.from(user)?.fail(StreamError(.restrictedXML, "processing instruction"))
        }
        XML_SetCommentHandler(parser) { user, _ in
            XMLStreamParser.from(user)?.fail(StreamError(.restrictedXML, "comment"))
        }
    }

    /// Whether part of a stanza has been read.
    public var isInsideStanza: Bool { depth > 0 && !isOver }

    deinit { if let parser { XML_ParserFree(parser) } }

    /// Reads more bytes of the stream and gives what they complete. After `failed` or `streamClosed` nothing follows.
    public func parse(_ bytes: some Collection<UInt8>) -> [XMLStreamEvent] {
        let bytes = Array(bytes)
        var offset = 0
        while offset < bytes.count, !isOver {
            let chunk = bytes[offset..<min(offset + 16384, bytes.count)]
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
            let size = fed - stanzaStart
            if size > limits.refusedSize || (!isStreamOpen && size > limits.stanzaSize) {
                fail(StreamError(.policyViolation, "stanza too large"))
            } else if size > limits.stanzaSize {
                refuse("too large")
            }
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

    /// Keeps nothing of the stanza that is being read but its first tag.
    private func refuse(_ excess: String) {
        guard depth > 0, self.excess == nil else { return }
        self.excess = excess
        open.removeSubrange(min(1, open.count)...)
        if !open.isEmpty { open[0].children = [] }
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
        if depth == 0 { stanzaStart = position }
        if isStreamOpen { depth += 1 }
        guard excess == nil else { return }
        guard depth <= limits.depth else { return refuse("nested too deeply") }
        var fault: String?
        var attributes: [XMLAttribute] = []
        if var pair = pairs {
            while fault == nil, let key = pair[0], let value = pair[1] {
                let (name, namespace) = split(key)
                attributes.append(XMLAttribute(name, namespace: namespace, String(cString: value)))
                if attributes.count > limits.attributes { fault = "of too many attributes" }
                if namespace.utf8.count > limits.namespace { fault = "in a namespace with too long a name" }
                pair += 2
            }
        }
        let (local, namespace) = split(name)
        if namespace.utf8.count > limits.namespace { fault = "in a namespace with too long a name" }
        let element = XMLElement(local, namespace, attributes: attributes, children: [])
        if isStreamOpen {
            open.append(element)
            if let fault { refuse(fault) }
        } else if let fault {
            fail(StreamError(.policyViolation, "header \(fault)"))
        } else {
            isStreamOpen = true
            events.append(.streamOpened(element))
        }
    }

    private func end() {
        guard !isOver else { return }
        guard depth > 0 else {
            events.append(.streamClosed)
            return finish()
        }
        if depth == 1, position - stanzaStart > limits.stanzaSize { refuse("too large") }
        depth -= 1
        guard depth == 0 || excess == nil, let element = open.popLast() else { return }
        if depth == 0 {
            stanzaStart = position
            events.append(excess.map { .refused(element, $0) } ?? .stanza(element))
            excess = nil
        } else {
            open[open.count - 1].append(element)
        }
    }

    private func characters(_ data: UnsafePointer<XML_Char>?, _ length: Int) {
        guard !isOver, let data, length > 0 else { return }
        let bytes = UnsafeRawBufferPointer(start: data, count: length)
        guard depth > 0 else {
            guard bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) else {
                return fail(StreamError(.badFormat, "text between stanzas"))
            }
            if isStreamOpen { stanzaStart = position }
            return
        }
        guard excess == nil, !open.isEmpty else { return }
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
