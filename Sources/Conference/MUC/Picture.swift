/// A small picture of a room, as the operator gave it.
public struct Picture: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case png = "image/png"
        case jpeg = "image/jpeg"
    }

    public let kind: Kind
    public let bytes: [UInt8]
    /// In pixels; nil where it was not looked for.
    public let width: Int?
    public let height: Int?

    /// Most bytes: it travels in one stanza, which servers limit.
    public static let maximumSize = 64 * 1024

    /// Nil for what is neither PNG nor JPEG, or too large.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Picture.maximumSize else { return nil }
        self.bytes = bytes
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), bytes.count > 24 {
            kind = .png
            // The first chunk is IHDR, with width and height in front.
            func number(at place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
            width = number(at: 16)
            height = number(at: 20)
        } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
            kind = .jpeg
            (width, height) = (nil, nil)
        } else {
            return nil
        }
    }
}
