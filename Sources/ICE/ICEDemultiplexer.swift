public import Primitives

/// Finds the leg a datagram on the shared port belongs to: STUN requests by the ufrag of ours that they name (RFC 8445
/// section 7.3), STUN responses by the request they answer, all else by the address it comes from.
public struct ICEDemultiplexer<Key: Hashable & Sendable>: Sendable {
    private struct Leg {
        var ufrags: [String] = []
        var addresses: [SocketAddress] = []
        var requests: [STUNTransactionID] = []
    }

    private var legs: [Key: Leg] = [:]
    private var ufrags: [String: Key] = [:]
    private var addresses: [SocketAddress: (key: Key, isProven: Bool)] = [:]
    private var requests: [STUNTransactionID: Key] = [:]

    /// Open requests and addresses remembered of one leg; the oldest give way.
    private static var limit: Int { 256 }

    public init() {}

    /// Legs with a ufrag registered.
    public var count: Int { legs.count }

    /// One of our ufrags belongs to the leg. After an ICE restart the old one stays registered beside the new one; of
    /// more than four, the oldest goes.
    /// - Returns: false when the ufrag is another leg's: make a new one.
    public mutating func register(ufrag: String, _ key: Key) -> Bool {
        if let owner = ufrags[ufrag] { return owner == key }
        ufrags[ufrag] = key
        legs[key, default: Leg()].ufrags.append(ufrag)
        if let leg = legs[key], leg.ufrags.count > 4 { ufrags[legs[key]?.ufrags.removeFirst() ?? ""] = nil }
        return true
    }

    /// Forgets a leg and all that led to it.
    public mutating func remove(_ key: Key) {
        guard let leg = legs.removeValue(forKey: key) else { return }
        for ufrag in leg.ufrags { ufrags[ufrag] = nil }
        for address in leg.addresses where addresses[address]?.key == key { addresses[address] = nil }
        for request in leg.requests { requests[request] = nil }
    }

    /// Takes `ICEEvent.learned`. Another leg's address is taken over only on proof, so that nobody gets another's packets
    /// by forging the source address of a check.
    /// - Returns: whether packets from the address now go to the leg.
    @discardableResult
    public mutating func learn(_ address: SocketAddress, _ key: Key, isProven: Bool) -> Bool {
        guard legs[key] != nil else { return false }
        if let known = addresses[address] {
            guard isProven || known.key == key else { return false }
            addresses[address] = (key, isProven || known.isProven)
            if known.key == key { return true }
            legs[known.key]?.addresses.removeAll { $0 == address }
        } else {
            addresses[address] = (key, isProven)
        }
        legs[key]?.addresses.append(address)
        if let leg = legs[key], leg.addresses.count > Self.limit, let oldest = legs[key]?.addresses.removeFirst() {
            addresses[oldest] = nil
        }
        return true
    }

    /// Notes a STUN request that the leg's agent sends, so that its response is found.
    public mutating func sent(_ bytes: [UInt8], _ key: Key) {
        guard let leg = legs[key], STUNMessage.looksLikeSTUN(bytes), Self.messageClass(bytes) == .request,
            let id = STUNTransactionID(header: bytes), requests[id] == nil
        else { return }
        requests[id] = key
        legs[key]?.requests.append(id)
        if leg.requests.count >= Self.limit, let oldest = legs[key]?.requests.removeFirst() { requests[oldest] = nil }
    }

    /// The leg that packets from an address go to: DTLS, SRTP and SRTCP.
    public func lookup(_ address: SocketAddress) -> Key? { addresses[address]?.key }

    /// The leg of a datagram of any kind; nil when it is nobody's.
    public func lookup(_ bytes: [UInt8], from address: SocketAddress) -> Key? {
        guard STUNMessage.looksLikeSTUN(bytes) else { return lookup(address) }
        switch Self.messageClass(bytes) {
        case .request: return Self.localUfrag(bytes).flatMap { ufrags[$0] }
        case .success, .error: return STUNTransactionID(header: bytes).flatMap { requests[$0] }
        case .indication, nil: return lookup(address)
        }
    }

    private static func messageClass(_ bytes: [UInt8]) -> STUNMessage.MessageClass? {
        var reader = ByteReader(bytes)
        return reader.u16().flatMap { STUNMessage.MessageClass(rawValue: $0 >> 7 & 2 | $0 >> 4 & 1) }
    }

    /// The part of USERNAME before the colon.
    private static func localUfrag(_ bytes: [UInt8]) -> String? {
        var reader = ByteReader(bytes)
        guard reader.skip(20) else { return nil }
        while let type = reader.u16(), let length = reader.u16(), let value = reader.take(Int(length)) {
            if type == 0x0006 { return String(validating: value.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self) }
            reader.skip((4 - Int(length) % 4) % 4)
        }
        return nil
    }
}
