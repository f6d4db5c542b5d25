/// Offers and answers that follow what the other leg of a pair has, so that nothing need be transcoded between the two.
extension Capabilities {
    /// What of Opus the listener wishes that is of no use to anybody but the one who makes the packets (RFC 7587
    /// section 6.1); the rest is ours.
    private static let carried: Set<String> = [
        "maxplaybackrate", "maxaveragebitrate", "stereo", "cbr", "usedtx",
    ]

    /// The codecs that the other leg has come first, in its order; the others stay, so that who has none of them can be
    /// called all the same.
    /// - Parameter theirs: what the other leg can take, under any numbers.
    public func preferring(_ theirs: [Codec]) -> Capabilities {
        var left = codecs
        var first: [Codec] = []
        for codec in theirs where codec.isSound {
            guard let index = left.firstIndex(where: { $0.matches(codec) }) else { continue }
            var ours = left.remove(at: index)
            if ours.name.lowercased() == "opus" {
                ours.parameters += codec.parameters.filter { parameter in
                    Self.carried.contains(parameter.name.lowercased()) && parameter.isNumber
                        && !ours.parameters.contains { $0.name == parameter.name.lowercased() }
                }.prefix(Self.carried.count).map { Parameter($0.name.lowercased(), $0.value) }
            }
            first.append(ours)
        }
        var preferring = self
        preferring.codecs = first + left
        return preferring
    }
}

extension SessionDescription {
    /// What is offered for the audio, in order of preference.
    public var soundCodecs: [Codec] {
        contents.filter { $0.kind == .audio && !$0.isRejected }.flatMap(\.codecs).filter(\.isSound)
    }

    /// An offer with its codecs in the order in which they are best answered.
    public func preferring(_ codecs: [Codec]) -> SessionDescription {
        guard !codecs.isEmpty else { return self }
        var offer = self
        for index in offer.contents.indices {
            func rank(_ codec: Codec) -> Int { codecs.firstIndex { $0.matches(codec) } ?? codecs.count }
            let ranked = offer.contents[index].codecs.enumerated().map { ($0.offset, rank($0.element), $0.element) }
            offer.contents[index].codecs = ranked.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.2)
        }
        return offer
    }
}

extension Parameter {
    fileprivate var isNumber: Bool {
        !value.isEmpty && value.utf8.count <= 8 && value.utf8.allSatisfy { 48...57 ~= $0 }
    }
}
