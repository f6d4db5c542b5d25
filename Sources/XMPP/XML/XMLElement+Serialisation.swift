extension XMLElement: CustomStringConvertible {
    /// As UTF-8 text that can stand inside an element whose default namespace is `parentNamespace`: a namespace is
    /// declared only where it changes, and characters that XML 1.0 section 2.2 does not allow are left out.
    public func serialised(in parentNamespace: String = "") -> String {
        var text = ""
        write(to: &text, parentNamespace: parentNamespace)
        return text
    }

    /// Standing alone, with its namespace declared.
    public var description: String { serialised() }

    private func write(to text: inout String, parentNamespace: String) {
        text += "<"
        text += name
        if namespace != parentNamespace {
            text += " xmlns='"
            text += XMLElement.escapeAttribute(namespace)
            text += "'"
        }
        var prefixes = 0
        for attribute in attributes {
            text += " "
            if attribute.namespace == Namespace.xml {
                text += "xml:"
            } else if !attribute.namespace.isEmpty {
                text += "xmlns:n\(prefixes)='\(XMLElement.escapeAttribute(attribute.namespace))' n\(prefixes):"
                prefixes += 1
            }
            text += attribute.name
            text += "='"
            text += XMLElement.escapeAttribute(attribute.value)
            text += "'"
        }
        if children.isEmpty {
            text += "/>"
            return
        }
        text += ">"
        for child in children {
            switch child {
            case .element(let element): element.write(to: &text, parentNamespace: namespace)
            case .text(let data): text += XMLElement.escapeText(data)
            }
        }
        text += "</"
        text += name
        text += ">"
    }

    /// Character data with `&`, `<`, `>` and carriage returns escaped (XML 1.0 sections 2.4 and 2.11).
    public static func escapeText(_ text: String) -> String {
        escape(text) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\r": "&#13;"
            default: nil
            }
        }
    }

    /// An attribute value for either kind of quotes, safe from attribute-value normalisation (XML 1.0 section 3.3.3).
    public static func escapeAttribute(_ text: String) -> String {
        escape(text) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "'": "&apos;"
            case "\"": "&quot;"
            case "\t": "&#9;"
            case "\n": "&#10;"
            case "\r": "&#13;"
            default: nil
            }
        }
    }

    private static func escape(_ text: String, with reference: (Unicode.Scalar) -> String?) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where isLegal(scalar) {
            if let reference = reference(scalar) {
                escaped.append(contentsOf: reference.unicodeScalars)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// The `Char` production of XML 1.0 section 2.2.
    public static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xa, 0xd, 0x20...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }
}
