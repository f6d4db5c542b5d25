import Primitives

/// Nonces of ours (RFC 7616 section 3.3): made and known again without being kept, bound to who asked, and each count of
/// one taken once.
///
/// Kept are only nonces that somebody with a password has used, and no more of them than `limit`: when there are more, those
/// that are as old as the first are over.
struct DigestNonces: Sendable {
    /// How long one is good.
    static let lifetime = Duration.seconds(300)

    /// How often a nonce was used: the highest count and which of the 64 below it.
    private struct Use: Sendable {
        let issued: Instant
        var highest: UInt32 = 0
        var seen: UInt64 = 0
    }

    private let key: [UInt8]
    private let limit: Int
    private var uses: [String: Use] = [:]
    private var order: [String] = []
    private var first = 0
    /// Nonces that were issued until then and are not among `uses` are over.
    private var floor: Instant?

    init(limit: Int = 10_000, entropy: Entropy) {
        key = entropy.bytes(20)
        self.limit = limit
    }

    /// How many are kept.
    var count: Int { uses.count }

    func issue(to source: IPAddress, entropy: Entropy, _ hashing: Hashing, at now: Instant) -> String {
        var writer = ByteWriter()
        writer.integer(UInt64(bitPattern: now.nanoseconds))
        writer.append(entropy.bytes(4))
        let head = Hex.encode(writer.bytes)
        return head + mark(head, source, hashing)
    }

    /// Whether a nonce was issued to that address and may still be used.
    func isGood(_ nonce: String, from source: IPAddress, _ hashing: Hashing, at now: Instant) -> Bool {
        guard let issued = issued(nonce, to: source, hashing), issued <= now,
            now - issued < DigestNonces.lifetime
        else { return false }
        guard let floor else { return true }
        return issued > floor || uses[nonce] != nil
    }

    /// Takes a count of a good nonce.
    /// - Returns: false when it was taken before, or is too far below the highest to know.
    mutating func take(_ count: UInt32, of nonce: String, at now: Instant) -> Bool {
        guard count > 0 else { return false }
        forgetOld(at: now)
        guard var use = uses[nonce] ?? DigestNonces.time(of: nonce).map({ Use(issued: $0) }) else { return false }
        if count > use.highest {
            let step = count - use.highest
            use.seen = step >= 64 ? 0 : use.seen << UInt64(step)
            use.seen |= 1
            use.highest = count
        } else {
            let age = use.highest - count
            guard age < 64, use.seen & (1 << UInt64(age)) == 0 else { return false }
            use.seen |= 1 << UInt64(age)
        }
        if uses[nonce] == nil { order.append(nonce) }
        uses[nonce] = use
        return true
    }

    private mutating func forgetOld(at now: Instant) {
        while first < order.count, let use = uses[order[first]],
            uses.count >= limit || now - use.issued >= DigestNonces.lifetime
        {
            floor = max(floor ?? use.issued, use.issued)
            uses[order[first]] = nil
            first += 1
        }
        if first > 1024, first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        }
    }

    private static let headLength = 24

    private static func time(of nonce: String) -> Instant? {
        guard let bytes = Hex.decode(nonce.prefix(16)), bytes.count == 8 else { return nil }
        var reader = ByteReader(bytes)
        return reader.u64().map { Instant(nanoseconds: Int64(bitPattern: $0)) }
    }

    private func issued(_ nonce: String, to source: IPAddress, _ hashing: Hashing) -> Instant? {
        guard nonce.utf8.count == DigestNonces.headLength + 32 else { return nil }
        let head = String(nonce.prefix(DigestNonces.headLength))
        let expected = mark(head, source, hashing)
        guard DigestGuard.isSame(String(nonce.dropFirst(DigestNonces.headLength)), expected) else { return nil }
        return DigestNonces.time(of: nonce)
    }

    private func mark(_ head: String, _ source: IPAddress, _ hashing: Hashing) -> String {
        Hex.encode(hashing.hmacSHA1(key, Array(head.utf8) + source.unmapped.bytes).prefix(16))
    }
}
