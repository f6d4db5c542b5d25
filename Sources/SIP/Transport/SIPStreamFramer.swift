/// Cuts a byte stream into SIP messages by Content-Length (RFC 3261 section 18.3).
public struct SIPStreamFramer: Sendable {
    public enum Frame: Hashable, Sendable {
        case message([UInt8])
        /// A double CRLF, to be answered with one CRLF (RFC 5626 section 4.4.1).
        case keepAlive
    }

    /// Why no message boundary can be found any more; the connection is to be closed.
    public enum Failure: Error, Hashable, Sendable {
        case headersTooLong
        case bodyTooLong
        case badContentLength
        /// No request or status line of SIP.
        case notSIP
    }

    private var buffer: [UInt8] = []
    /// How far the buffer was searched for the end of the headers.
    private var searched = 0
    /// Bytes of the message at the head of the buffer, once its headers are there.
    private var expected: Int?
    /// Whether a keep-alive of ours is yet to be answered.
    private var awaitsPong = false

    public init() {}

    /// The answer to a keep-alive.
    public static let pong: [UInt8] = [0x0d, 0x0a]
    /// A keep-alive.
    public static let ping: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]

    /// Whether part of a message has come and the rest is awaited; what may be half a keep-alive is none.
    public var isMidMessage: Bool { buffer.contains { $0 != 0x0d && $0 != 0x0a } }

    /// A keep-alive was sent: the next CRLF that comes alone is its answer, and not half of one of the peer's.
    public mutating func expectPong() { awaitsPong = true }

    /// Takes what arrived; gives what is complete, in order. After a failure nothing more may be fed.
    public mutating func receive(_ bytes: some Sequence<UInt8>) throws(Failure) -> [Frame] {
        buffer.append(contentsOf: bytes)
        var frames: [Frame] = []
        var start = 0
        while let (frame, end) = try next(from: start) {
            if let frame { frames.append(frame) }
            start = end
            searched = end
            expected = nil
        }
        if start > 0 { buffer.removeFirst(start) }
        searched = max(0, searched - start)
        expected = expected.map { $0 - start }
        return frames
    }

    private mutating func next(from start: Int) throws(Failure) -> (Frame?, Int)? {
        guard start < buffer.count else { return nil }
        if buffer[start] == 0x0d || buffer[start] == 0x0a {
            let head = buffer[start...].prefix(4)
            if head.elementsEqual(SIPStreamFramer.ping) { return (.keepAlive, start + 4) }
            let isTorn = SIPStreamFramer.ping.starts(with: head)
            if awaitsPong, head.starts(with: SIPStreamFramer.pong), head.count == 2 || !isTorn {
                awaitsPong = false
                return (nil, start + 2)
            }
            return isTorn ? nil : (nil, start + 1)
        }
        if expected == nil {
            guard let headersEnd = endOfHeaders(from: start) else {
                guard buffer.count - start <= SIPLimits.headerSection else { throw .headersTooLong }
                return nil
            }
            guard headersEnd - start <= SIPLimits.headerSection else { throw .headersTooLong }
            expected = headersEnd + (try contentLength(buffer[start..<headersEnd]))
        }
        guard let expected, expected <= buffer.count else { return nil }
        return (.message(Array(buffer[start..<expected])), expected)
    }

    private mutating func endOfHeaders(from start: Int) -> Int? {
        var index = max(start, searched - 3)
        while index + 4 <= buffer.count {
            if buffer[index] == 0x0d, buffer[index + 1] == 0x0a, buffer[index + 2] == 0x0d, buffer[index + 3] == 0x0a {
                return index + 4
            }
            index += 1
        }
        searched = buffer.count
        return nil
    }

    /// 0 when the header is missing, as it may not be on a stream (RFC 3261 section 20.14).
    private func contentLength(_ section: ArraySlice<UInt8>) throws(Failure) -> Int {
        let raw = RawMessage(Array(section))
        guard raw.requestLine != nil || raw.statusLine != nil else { throw .notSIP }
        let lengths = Set(raw.values("Content-Length"))
        guard lengths.count <= 1 else { throw .badContentLength }
        guard let text = lengths.first else { return 0 }
        guard let length = UInt32(text) else { throw .badContentLength }
        guard Int(length) <= SIPLimits.body else { throw .bodyTooLong }
        return Int(length)
    }
}
