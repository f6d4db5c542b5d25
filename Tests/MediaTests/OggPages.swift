/// Ogg pages read by a reader of our own (RFC 3533 section 6), with their checksums.
struct OggPage: Equatable {
    var flags: UInt8
    var granule: Int64
    var serial: UInt32
    var sequence: UInt32
    /// Whole packets; no packet of ours goes over a page's end.
    var packets: [[UInt8]]

    /// The pages at the beginning of some bytes, up to the first that is not whole or not right.
    static func all(in bytes: [UInt8]) -> [OggPage] {
        var pages: [OggPage] = []
        var place = 0
        while let (page, length) = page(bytes[place...]) {
            pages.append(page)
            place += length
        }
        return pages
    }

    private static func page(_ bytes: ArraySlice<UInt8>) -> (OggPage, Int)? {
        let bytes = Array(bytes.prefix(27 + 255 + 255 * 255))
        guard bytes.count >= 27, Array(bytes[..<4]) == Array("OggS".utf8), bytes[4] == 0 else { return nil }
        func little(_ place: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
        }
        let segments = Int(bytes[26])
        guard bytes.count >= 27 + segments else { return nil }
        let lacing = bytes[27..<27 + segments]
        let length = 27 + segments + lacing.reduce(0) { $0 + Int($1) }
        guard bytes.count >= length else { return nil }
        var checked = Array(bytes[..<length])
        for place in 22..<26 { checked[place] = 0 }
        guard crc(checked) == UInt32(little(22, 4)) else { return nil }
        var packets: [[UInt8]] = []
        var packet: [UInt8] = []
        var place = 27 + segments
        for part in lacing {
            packet += bytes[place..<place + Int(part)]
            place += Int(part)
            if part < 255 {
                packets.append(packet)
                packet = []
            }
        }
        return (
            OggPage(
                flags: bytes[5], granule: Int64(bitPattern: little(6, 8)), serial: UInt32(little(14, 4)),
                sequence: UInt32(little(18, 4)), packets: packets), length
        )
    }

    /// Polynomial 0x04c11db7, unreflected, from zero.
    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0) { sum, byte in
            var sum = sum ^ UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04c1_1db7 : sum << 1 }
            return sum
        }
    }
}
