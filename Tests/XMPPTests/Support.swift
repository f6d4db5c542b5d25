import Primitives
import XMPP

/// SHA-1 (FIPS 180-4) alone; what these tests need of `Hashing`.
let testHashing = Hashing(md5: { $0 }, sha1: sha1, sha256: { $0 }, hmacSHA1: { $1 })

private func sha1(_ message: [UInt8]) -> [UInt8] {
    var h: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
        padded.append(UInt8(truncatingIfNeeded: UInt64(message.count * 8) >> UInt64(shift)))
    }
    func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x << n | x >> (32 - n) }
    for block in stride(from: 0, to: padded.count, by: 64) {
        var w = (0..<16).map { i in padded[block + 4 * i..<block + 4 * i + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        for i in 16..<80 { w.append(rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1)) }
        var (a, b, c, d, e) = (h[0], h[1], h[2], h[3], h[4])
        for i in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch i {
                case ..<20: (b & c | ~b & d, 0x5a82_7999)
                case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            (a, b, c, d, e) = (rotate(a, 5) &+ f &+ e &+ k &+ w[i], a, rotate(b, 30), c, d)
        }
        h = zip(h, [a, b, c, d, e]).map { $0 &+ $1 }
    }
    return h.flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) } }
}

/// One element from text.
func parsed(_ text: String) -> XMLElement? {
    let parser = XMLStreamParser(salt: 1)
    let events = parser.parse(Array("<stream:stream xmlns='jabber:component:accept' \(prefix)>\(text)".utf8))
    for case .stanza(let stanza) in events { return stanza }
    return nil
}

private let prefix = "xmlns:stream='http://etherx.jabber.org/streams'"
let streamHeader = "<stream:stream xmlns='jabber:component:accept' \(prefix) id='3BF96D32' from='talk.localhost'>"

/// A random tree of at most `depth` levels, with everything that must survive: marks, spaces, other scripts.
func randomElement(_ entropy: Entropy, depth: Int = 4, namespace: String = Namespace.client) -> XMLElement {
    let namespaces = [namespace, namespace, "urn:a", "urn:b", "", Namespace.client]
    let texts = ["", "a", "<&>'\"", "line\nbreak", "tab\there", "\r", "é ü 漢字 😀", "]]>", "  "]
    func pick<T>(_ list: [T]) -> T { list[Int(entropy.u32()) % list.count] }
    let own = pick(namespaces)
    var element = XMLElement(pick(["a", "body", "x-y", "é"]), own)
    for name in ["k", "l", "m"].prefix(Int(entropy.u32() % 4)) {
        element.attributes.append(XMLAttribute(name, pick(texts)))
    }
    if entropy.u32() % 4 == 0 { element.attributes.append(XMLAttribute("lang", namespace: Namespace.xml, "de")) }
    if entropy.u32() % 6 == 0 { element.attributes.append(XMLAttribute("o", namespace: "urn:o", "v")) }
    guard depth > 1 else { return element }
    for _ in 0..<entropy.u32() % 4 {
        if entropy.u32() % 3 == 0 {
            let text = pick(texts)
            if !text.isEmpty, !element.children.endsInText { element.children.append(.text(text)) }
        } else {
            element.append(randomElement(entropy, depth: depth - 1, namespace: own))
        }
    }
    return element
}

extension [XMLNode] {
    fileprivate var endsInText: Bool { if case .text = last { true } else { false } }
}
