/// A room's subject and who set it.
public struct Subject: Sendable, Hashable {
    public var text: String
    public var setBy: String

    public init(text: String, setBy: String) {
        self.text = text
        self.setBy = setBy
    }
}
