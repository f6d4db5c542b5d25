import COgg

/// One logical stream of Opus in Ogg pages (RFC 7845, RFC 3533): mono, in packets of 20 ms. It makes pages; who has them
/// written is another.
public struct OggOpusStream: ~Copyable {
    /// Samples at 48 kHz in a packet.
    public static let packetSamples = 960
    /// Samples that a player throws away at the beginning, while its decoder settles: 80 ms, as the stream begins in the
    /// middle of what an encoder makes (RFC 7845 section 4.2). The stream begins with so much silence.
    public static let preSkip = 3840
    /// A packet of 20 ms of digital silence: CELT, fullband, mono, with the silence flag set (RFC 6716 section 4.3).
    static let silence: [UInt8] = [0xf8, 0xff, 0xfe]

    private let state: UnsafeMutablePointer<ogg_stream_state>
    private var packets: Int64 = 0
    /// Samples that all packets so far hold, those to be skipped too: granule position (RFC 7845 section 4).
    public private(set) var granule: Int64 = 0
    /// Packets since the last page.
    public private(set) var pending = 0
    private var pages: [UInt8] = []

    /// Begins with the two header pages and the silence that is skipped.
    /// - Parameters:
    ///   - serial: of the logical stream (RFC 3533 section 4).
    ///   - comments: `NAME=value` (RFC 7845 section 5.2).
    public init?(serial: UInt32, vendor: String, comments: [String]) {
        state = .allocate(capacity: 1)
        state.initialize(to: ogg_stream_state())
        guard ogg_stream_init(state, Int32(bitPattern: serial)) == 0 else {
            state.deallocate()
            return nil
        }
        put(Self.head, isFirst: true)
        flush()
        put(Self.tags(vendor, comments))
        flush()
        pending = 0
        for _ in 0..<Self.preSkip / Self.packetSamples { addSilence() }
    }

    deinit {
        ogg_stream_clear(state)
        state.deallocate()
    }

    /// A packet of 20 ms.
    public mutating func add(_ packet: UnsafeRawBufferPointer) {
        granule += Int64(Self.packetSamples)
        pending += 1
        put(packet)
    }

    /// 20 ms of nothing.
    public mutating func addSilence() { Self.silence.withUnsafeBytes { add($0) } }

    /// Ends the page that was begun.
    public mutating func flush() {
        var page = ogg_page()
        while ogg_stream_flush(state, &page) != 0 { take(page) }
        pending = 0
    }

    /// Ends the stream with 20 ms of silence (RFC 7845 section 3: the last page has the end-of-stream flag).
    public mutating func end() {
        granule += Int64(Self.packetSamples)
        Self.silence.withUnsafeBytes { put($0, isLast: true) }
        flush()
    }

    /// Whole pages that were made since the last call.
    public mutating func takePages() -> [UInt8] {
        defer { pages.removeAll(keepingCapacity: true) }
        return pages
    }

    // MARK: Pages

    private mutating func put(_ packet: [UInt8], isFirst: Bool = false) {
        packet.withUnsafeBytes { put($0, isFirst: isFirst) }
    }

    private mutating func put(_ packet: UnsafeRawBufferPointer, isFirst: Bool = false, isLast: Bool = false) {
        var out = ogg_packet()
        // libogg copies what it is given and does not write to it.
        out.packet = UnsafeMutablePointer(
            mutating: packet.baseAddress?.assumingMemoryBound(to: UInt8.self))
        out.bytes = packet.count
        out.b_o_s = isFirst ? 1 : 0
        out.e_o_s = isLast ? 1 : 0
        out.granulepos = granule
        out.packetno = packets
        packets += 1
        ogg_stream_packetin(state, &out)
        var page = ogg_page()
        while ogg_stream_pageout(state, &page) != 0 {
            take(page)
            pending = 0
        }
    }

    private mutating func take(_ page: ogg_page) {
        pages += UnsafeBufferPointer(start: page.header, count: page.header_len)
        pages += UnsafeBufferPointer(start: page.body, count: page.body_len)
    }

    // MARK: Headers

    /// RFC 7845 section 5.1: version 1, one channel, no gain, mapping family 0.
    private static var head: [UInt8] {
        Array("OpusHead".utf8) + [1, 1] + little(UInt16(preSkip)) + little(UInt32(48_000)) + little(UInt16(0)) + [0]
    }

    /// RFC 7845 section 5.2.
    private static func tags(_ vendor: String, _ comments: [String]) -> [UInt8] {
        func text(_ text: String) -> [UInt8] { little(UInt32(clamping: text.utf8.count)) + Array(text.utf8) }
        return Array("OpusTags".utf8) + text(vendor) + little(UInt32(clamping: comments.count)) + comments.flatMap(text)
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
