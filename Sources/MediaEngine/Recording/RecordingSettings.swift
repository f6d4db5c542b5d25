/// Where recordings go, and how much of them there may be.
public struct RecordingSettings: Sendable, Hashable {
    /// It is there, or made at start.
    public var folder: String
    public var longest = Duration.seconds(4 * 3600)
    /// Bytes that are left free where the folder is.
    public var minimumFree: UInt64 = 200 << 20

    public init(folder: String) { self.folder = folder }
}
