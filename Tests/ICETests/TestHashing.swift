import Primitives

extension Hashing {
    /// SHA-1 and its HMAC in plain Swift; the other functions are not needed by ICE.
    static let test = Hashing(md5: { _ in [] }, sha1: sha1Digest, sha256: { _ in [] }, hmacSHA1: sha1MAC)
}

private func sha1MAC(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let key = key.count > 64 ? sha1Digest(key) : key
    let block = key + Array(repeating: 0, count: 64 - key.count)
    return sha1Digest(block.map { $0 ^ 0x5c } + sha1Digest(block.map { $0 ^ 0x36 } + message))
}

private func sha1Digest(_ message: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(message)
    writer.integer(0x80 as UInt8)
    while writer.count % 64 != 56 { writer.integer(0 as UInt8) }
    writer.integer(UInt64(message.count) * 8)
    var reader = ByteReader(writer.bytes)
    var hash: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    func rotate(_ value: UInt32, _ by: UInt32) -> UInt32 { value << by | value >> (32 - by) }
    while reader.remaining > 0 {
        var words = (0..<16).map { _ in reader.u32() ?? 0 }
        for index in 16..<80 {
            words.append(rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
        }
        var (a, b, c, d, e) = (hash[0], hash[1], hash[2], hash[3], hash[4])
        for index in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch index {
                case 0..<20: (b & c | ~b & d, 0x5a82_7999)
                case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case 40..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            (a, b, c, d, e) = (rotate(a, 5) &+ f &+ e &+ k &+ words[index], a, rotate(b, 30), c, d)
        }
        hash = zip(hash, [a, b, c, d, e]).map { $0 &+ $1 }
    }
    var digest = ByteWriter()
    for word in hash { digest.integer(word) }
    return digest.bytes
}
