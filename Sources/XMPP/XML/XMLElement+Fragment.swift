extension XMLElement {
    /// Elements from text in which they stand one after another, each with its namespace declared, as `serialised()`
    /// writes them; none where the text is anything else.
    public static func fragment(_ text: String) -> [XMLElement] {
        if text.isEmpty { return [] }
        let parser = XMLStreamParser(salt: 0, contentNamespace: Namespace.client)
        let document =
            "<s:stream xmlns:s='\(Namespace.streams)' xmlns='\(Namespace.client)'><message>\(text)</message>"
        for case .stanza(let message) in parser.parse(document.utf8) { return message.elements }
        return []
    }
}
