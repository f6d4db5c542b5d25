public import Conference
public import MediaDescription
import Primitives

/// Which legs are to hear each other, and which codecs each is known to have.
struct LegPairs {
    private static let mostCodecs = 32
    private var others: [LegID: LegID] = [:]
    private var offers: [LegID: [Codec]] = [:]

    /// One that had another partner has this one from now on.
    mutating func pair(_ one: LegID, _ other: LegID) {
        for leg in [one, other] { if let left = others[leg] { others[left] = nil } }
        others[one] = other
        others[other] = one
    }

    mutating func offered(_ leg: LegID, _ codecs: [Codec]) {
        offers[leg] = Array(codecs.lazy.filter(\.isSound).prefix(Self.mostCodecs))
    }

    func other(than leg: LegID) -> LegID? { others[leg] }

    func offer(of leg: LegID) -> [Codec]? { offers[leg] }

    mutating func forget(_ leg: LegID) {
        offers[leg] = nil
        if let other = others.removeValue(forKey: leg) { others[other] = nil }
    }
}

extension MediaPlane {
    /// Two legs are to hear each other.
    public func pair(_ one: LegID, _ other: LegID) { pairs.pair(one, other) }

    /// The leg is over: its partner may get another.
    public func unpair(_ leg: LegID) { pairs.forget(leg) }

    public func offered(_ leg: LegID, _ codecs: [Codec]) { pairs.offered(leg, codecs) }

    /// What the other settled on comes first, and what else it takes.
    public func preferred(_ leg: LegID) -> [Codec] {
        guard let other = pairs.other(than: leg) else { return [] }
        guard let agreed = legs[other]?.agreed else { return pairs.offer(of: other) ?? [] }
        return [agreed.sendCodec] + agreed.receiveCodecs.filter { !$0.matches(agreed.sendCodec) }
    }
}
