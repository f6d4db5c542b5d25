/// Something that happened and is worth a line in the log.
public struct XMPPNotice: Sendable, Hashable {
    public enum Level: String, Sendable, Hashable { case debug, info, warning }

    public var level: Level
    public var text: String

    public init(_ level: Level, _ text: String) {
        self.level = level
        self.text = text
    }
}
