import Primitives

/// Cuts a TCP or TLS connection to a TURN server into messages (RFC 8489 section 6.2.2, RFC 8656 section 12.5).
public struct TURNStreamFramer: Sendable {
    /// What comes is neither STUN nor ChannelData: the connection is of no use any more.
    public struct Nonsense: Error, Hashable, Sendable { public init() {} }

    private var buffer: [UInt8] = []

    public init() {}

    /// Bytes that wait for the rest of their message; never more than one message and what came with it.
    public var pending: Int { buffer.count }

    /// - Returns: the messages that are whole now, ChannelData without its padding.
    public mutating func receive(_ bytes: some Sequence<UInt8>) throws(Nonsense) -> [[UInt8]] {
        buffer.append(contentsOf: bytes)
        var messages: [[UInt8]] = []
        var offset = 0
        while buffer.count - offset >= ChannelData.headerSize {
            let length = Int(buffer[offset + 2]) << 8 | Int(buffer[offset + 3])
            let size: (message: Int, padded: Int)
            if buffer[offset] < 4 {
                guard length.isMultiple(of: 4) else { throw Nonsense() }
                size = (length + 20, length + 20)
            } else if ChannelData.begins(with: buffer[offset]) {
                size = (length + 4, (length + 7) & ~3)
            } else {
                throw Nonsense()
            }
            guard buffer.count - offset >= size.padded else { break }
            messages.append(Array(buffer[offset..<offset + size.message]))
            offset += size.padded
        }
        buffer.removeFirst(offset)
        return messages
    }

    /// A message as it goes into the stream: ChannelData is padded to four octets.
    public static func framed(_ message: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: message.count + 3)
        writer.append(message)
        if let first = message.first, ChannelData.begins(with: first) { writer.pad(to: 4) }
        return writer.bytes
    }
}
