/// A data form (XEP-0004), as far as discovery and room configuration need it.
public struct DataForm: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable { case form, submit, cancel, result }

    public struct Field: Sendable, Hashable {
        public var name: String
        /// `text-single`, `hidden`, …; nil in submissions.
        public var type: String?
        public var label: String?
        public var values: [String]
        public var isRequired = false

        public init(_ name: String, type: String? = nil, label: String? = nil, _ values: [String]) {
            self.name = name
            self.type = type
            self.label = label
            self.values = values
        }
    }

    public var kind: Kind
    public var title: String?
    public var instructions: String?
    public var fields: [Field]

    public init(_ kind: Kind, formType: String? = nil, title: String? = nil, fields: [Field] = []) {
        self.kind = kind
        self.title = title
        let type = formType.map { [Field("FORM_TYPE", type: kind == .submit ? nil : "hidden", [$0])] } ?? []
        self.fields = type + fields
    }

    public init?(_ element: XMLElement) {
        guard element.matches("x", Namespace.dataForms), let kind = element["type"].flatMap(Kind.init(rawValue:)) else {
            return nil
        }
        self.kind = kind
        title = element.child("title", Namespace.dataForms)?.text
        fields = element.children(named: "field").map { field in
            Field(
                field["var"] ?? "", type: field["type"], label: field["label"],
                field.children(named: "value").map(\.text))
        }
    }

    /// The value of `FORM_TYPE` (XEP-0068).
    public var formType: String? { self["FORM_TYPE"] }

    /// The values of a field; nil where it does not stand in the form.
    public func values(_ name: String) -> [String]? { fields.first { $0.name == name }?.values }

    /// A boolean (XEP-0004 section 3.3); nil where the field is not there, or neither true nor false.
    public func flag(_ name: String) -> Bool? {
        switch self[name] {
        case "1", "true": true
        case "0", "false": false
        default: nil
        }
    }

    /// The first value of a field.
    public subscript(_ name: String) -> String? { fields.first { $0.name == name }?.values.first }

    public var element: XMLElement {
        XMLElement("x", Namespace.dataForms, ["type": kind.rawValue]) {
            title.map { XMLElement("title", Namespace.dataForms, text: $0) }
            instructions.map { XMLElement("instructions", Namespace.dataForms, text: $0) }
            for field in fields {
                XMLElement(
                    "field", Namespace.dataForms, ["var": field.name, "type": field.type, "label": field.label]
                ) {
                    if field.isRequired { XMLElement("required", Namespace.dataForms) }
                    for value in field.values { XMLElement("value", Namespace.dataForms, text: value) }
                }
            }
        }
    }
}
