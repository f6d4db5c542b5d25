import MediaDescription
import Primitives

/// Commands and keys that are typed into bridged calls.
extension Conference {
    /// Whether a text to somebody across the gateway is for the call with that one, and not to be passed on.
    public func takesCallText(_ body: String, in leg: LegID?, from writer: PeerAddress, to peer: PeerAddress) -> Bool {
        if CallCommand(body) != nil { return true }
        guard configuration.inCall.chatKeys, CallCommand.keys(in: body) != nil else { return false }
        return bridgedLeg(leg, of: writer, with: peer).flatMap(connected) != nil
    }

    /// The room that a call of somebody with an address across the gateway has become.
    public func grownRoom(of writer: PeerAddress, with peer: PeerAddress) -> RoomName? {
        grown.first { name, call in
            [call.bridge.caller, call.bridge.callee].contains {
                guard case .inRoom(name, _, _) = legs[$0] else { return false }
                return call.bridge.address(of: $0).bare == writer.bare && face(for: $0, in: call.bridge) == peer.bare
            }
        }?.key
    }

    /// The end of a bridged call that somebody is at, with whom it knows as that. Of several with the same, or with two who do not
    /// say who they are: the very device's where that is known, else the one that the writer does not hold, else the last.
    func bridgedLeg(of writer: PeerAddress, with peer: PeerAddress) -> LegID? {
        var best: (leg: LegID, isHeld: Bool)?
        for bridge in bridgesByCaller.values {
            for leg in [bridge.caller, bridge.callee] {
                let address = bridge.address(of: leg)
                guard address.bare == writer.bare, face(for: leg, in: bridge) == peer.bare else { continue }
                if address == writer { return leg }
                let isHeld = (bridge.wanted[leg] ?? .sendrecv) != .sendrecv
                if let best, isHeld != best.isHeld ? isHeld : leg < best.leg { continue }
                best = (leg, isHeld)
            }
        }
        return best?.leg
    }

    /// The same, where the writer's side may know by which leg it talks: a phone by the dialog in which it writes, a client by its
    /// device, if it writes to whom it talks.
    func bridgedLeg(_ known: LegID?, of writer: PeerAddress, with peer: PeerAddress) -> LegID? {
        if let known, writer.network == .sip { return known }
        if let known, let bridge = connected(known), face(for: known, in: bridge) == peer.bare { return known }
        return bridgedLeg(of: writer, with: peer)
    }

    mutating func callText(_ text: CallText, _ now: Instant, _ wall: WallTime) -> [Effect] {
        func answer(_ outcome: SubmissionOutcome) -> [Effect] { [.submitted(text.id, outcome)] }
        let leg = bridgedLeg(text.leg, of: text.sender, with: text.peer)
        guard let leg, let bridge = connected(leg) else {
            return answer(.reply("You are in no call with \(text.peer.bare)."))
        }
        guard mayWrite(bridge.address(of: leg), isProven: true, origin: nil, now) else {
            return answer(.refused(.tooMany))
        }
        guard !text.isCorrection else {
            return answer(.reply("What was pressed, or called, is not taken back: write it anew."))
        }
        switch CallCommand(text.body) {
        case .help: return answer(.reply(CallCommand.helpText(chatKeys: configuration.inCall.chatKeys)))
        case .add(let address):
            let (result, effects) = add(address, leg, bridge, now, wall)
            let isUnclear = result == .notUnderstood
            let help = CallCommand.helpText(chatKeys: configuration.inCall.chatKeys)
            return answer(.reply(isUnclear ? help : result.words)) + effects
        case .keys(let keys):
            guard let keys = CallCommand.keys(in: keys) else {
                return answer(.reply(CallCommand.helpText(chatKeys: configuration.inCall.chatKeys)))
            }
            return press(keys, from: leg, bridge.caller, text.id, now)
        case nil:
            guard configuration.inCall.chatKeys, let keys = CallCommand.keys(in: text.body) else {
                return answer(.refused(.notInRoom))
            }
            return press(keys, from: leg, bridge.caller, text.id, now)
        }
    }

    /// All keys of a text, or none: a number that is entered in part is another one.
    private mutating func press(
        _ keys: [DTMFKey], from leg: LegID, _ caller: LegID, _ text: SubmissionID, _ now: Instant
    ) -> [Effect] {
        guard bridgesByCaller[caller]?.inCall[leg].typed.take(keys.count, at: now) == true else {
            return [.submitted(text, .refused(.tooMany))]
        }
        return keys.flatMap { passOn($0, from: leg, caller) } + [.submitted(text, .accepted(id: entropy.uuid()))]
    }

    /// A key that one end pressed is pressed for the other.
    func passOn(_ key: DTMFKey, from leg: LegID, _ caller: LegID) -> [Effect] {
        guard let bridge = bridgesByCaller[caller], bridge.mix != nil, bridge.has(leg) else { return [] }
        return [.sendKey(bridge.other(than: leg), key)]
    }
}
