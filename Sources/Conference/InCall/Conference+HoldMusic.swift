import MediaDescription
import Primitives

/// Music for who is held where the one who holds sends none: an XMPP client (XEP-0167 section 9.2), or a phone that made
/// the call inactive (RFC 3264 section 8.4).
extension Conference {
    /// A tune that is over sooner than this is not there.
    private static let shortestTune = Duration.milliseconds(200)

    /// Begins and ends music where somebody is held, or no longer.
    mutating func tendMusic(_ caller: LegID) -> [Effect] {
        guard configuration.inCall.musicOnHold, let bridge = bridgesByCaller[caller], bridge.mix != nil else {
            return []
        }
        var effects: [Effect] = []
        for leg in [bridge.caller, bridge.callee] {
            let isHeld = bridge.isHeldInSilence(leg)
            guard isHeld != (bridge.inCall.music[leg] != nil) else { continue }
            bridgesByCaller[caller]?.inCall.music[leg] = isHeld ? .some(nil) : nil
            effects.append(.play(leg, Announcement(isHeld ? [.holdMusic] : [])))
        }
        return effects
    }

    /// The tune begins again.
    mutating func musicPlayed(_ leg: LegID, _ caller: LegID, _ now: Instant) -> [Effect] {
        guard let since = bridgesByCaller[caller]?.inCall.music[leg] else { return [] }
        bridgesByCaller[caller]?.inCall.music[leg] = .some(now)
        if let since, now - since < Conference.shortestTune { return [] }
        return [.play(leg, Announcement([.holdMusic]))]
    }

    /// Ends the music of a call that is about to be another.
    func quiet(_ bridge: Bridge) -> [Effect] {
        bridge.inCall.music.keys.sorted().map { .play($0, Announcement([])) }
    }
}

extension Bridge {
    /// Whether the other end holds this one, and sends nothing.
    fileprivate func isHeldInSilence(_ leg: LegID) -> Bool {
        let other = other(than: leg)
        let wish = wanted[other] ?? .sendrecv
        let imposed = told[other] ?? .sendrecv
        let isEcho = imposed != .sendrecv && wish == imposed.reversed
        return !isEcho && !wish.receives && (!wish.sends || address(of: other).network == .xmpp)
            && wanted[leg]?.receives ?? true
    }
}
