/// Lets children be written one below the other: elements, strings, optionals, conditions and loops.
@resultBuilder
public enum XMLBuilder {
    public static func buildExpression(_ element: XMLElement) -> [XMLNode] { [.element(element)] }
    public static func buildExpression(_ element: XMLElement?) -> [XMLNode] { element.map { [.element($0)] } ?? [] }
    public static func buildExpression(_ elements: [XMLElement]) -> [XMLNode] { elements.map(XMLNode.element) }
    public static func buildExpression(_ text: String) -> [XMLNode] { text.isEmpty ? [] : [.text(text)] }
    public static func buildExpression(_ nodes: [XMLNode]) -> [XMLNode] { nodes }
    public static func buildBlock(_ parts: [XMLNode]...) -> [XMLNode] { parts.flatMap(\.self) }
    public static func buildOptional(_ part: [XMLNode]?) -> [XMLNode] { part ?? [] }
    public static func buildEither(first part: [XMLNode]) -> [XMLNode] { part }
    public static func buildEither(second part: [XMLNode]) -> [XMLNode] { part }
    public static func buildArray(_ parts: [[XMLNode]]) -> [XMLNode] { parts.flatMap(\.self) }
}
