extension SIPMessage {
    /// The first value of a text header; nil when there is none.
    public func header(_ name: String) -> String? { headers.first { $0.isNamed(name) }?.value }

    /// All values of a text header that is a comma-separated list, from all its lines, in order.
    public func list(_ name: String) -> [String] {
        headers.lazy.filter { $0.isNamed(name) }.flatMap { SIPHeader.split($0.value, at: ",") }.filter { !$0.isEmpty }
    }

    /// Puts a header in the place of all of that name; nil takes them out.
    public mutating func set(_ name: String, _ value: String?) {
        headers.removeAll { $0.isNamed(name) }
        if let value { headers.append(SIPHeader(name, value)) }
    }

    /// Content-Type; nil when there is none.
    public var contentType: ParameterizedValue? { header("Content-Type").map(ParameterizedValue.init(parsing:)) }

    /// The media type of the body in lower case, without parameters: `application/sdp`.
    public var mediaType: String? { contentType?.value.lowercased() }

    /// Gives the message a body and its type.
    public mutating func setBody(_ body: [UInt8], type: String) {
        self.body = body
        set("Content-Type", type)
    }

    /// Methods of Allow (RFC 3261 section 20.5); nil when the header is missing.
    public var allow: [SIPMethod]? {
        headers.contains { $0.isNamed("Allow") } ? list("Allow").map(SIPMethod.init(rawValue:)) : nil
    }

    /// Media ranges of Accept in lower case, without parameters; nil when the header is missing.
    public var accept: [String]? {
        guard headers.contains(where: { $0.isNamed("Accept") }) else { return nil }
        return list("Accept").map { ParameterizedValue(parsing: $0).value.lowercased() }
    }

    /// Language tags of Accept-Language (RFC 3261 section 20.3), the best first; those that are no tags are left out.
    public var acceptLanguages: [String] {
        let ranges = list("Accept-Language").prefix(16).map { ParameterizedValue(parsing: $0) }
        let weighed = ranges.enumerated().map { place, range in
            (tag: range.value, weight: range.parameters["q"].flatMap { Double($0) } ?? 1, place: place)
        }
        return weighed.filter { $0.weight > 0 && SIPMessage.isLanguageTag($0.tag) }
            .sorted { $0.weight == $1.weight ? $0.place < $1.place : $0.weight > $1.weight }.map(\.tag)
    }

    /// `xs:language`: letters, then letters and digits, up to eight each.
    private static func isLanguageTag(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte & 0xdf) }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        return parts.enumerated().allSatisfy { place, part in
            (1...8).contains(part.count) && part.allSatisfy { isLetter($0) || place > 0 && isDigit($0) }
        }
    }

    /// Option tags in lower case.
    public var supported: [String] { list("Supported").map { $0.lowercased() } }
    public var require: [String] { list("Require").map { $0.lowercased() } }

    /// Event (RFC 6665 section 8.2.1).
    public var event: ParameterizedValue? { header("Event").map(ParameterizedValue.init(parsing:)) }
    /// Expires in seconds; nil when missing or no number.
    public var expires: UInt32? { header("Expires").flatMap { UInt32($0) } }
    /// Subscription-State (RFC 6665 section 8.2.3).
    public var subscriptionState: ParameterizedValue? {
        header("Subscription-State").map(ParameterizedValue.init(parsing:))
    }
}
