import Conference
import MediaDescription
import Primitives
import Testing

/// What must hold of every leg, whatever happens in whatever order.
@Suite struct LegLifeTests {
    /// Watches effects: each leg is ended once, and nothing is asked of a leg that is over.
    private struct Watch {
        var alive: Set<LegID> = []
        var over: Set<LegID> = []
        var connected: Set<LegID> = []
        var accepted: Set<LegID> = []
        var faults: [String] = []

        mutating func end(_ leg: LegID) {
            if !over.insert(leg).inserted { faults.append("\(leg) ended twice") }
            alive.remove(leg)
        }

        mutating func see(_ effects: [Effect], after command: Command) {
            for effect in effects {
                switch effect {
                case .dial(let leg, _):
                    if !alive.insert(leg).inserted { faults.append("\(leg) dialled twice") }
                case .end(let leg, _):
                    if connected.contains(leg) { faults.append("\(leg) ended while in its mix") }
                    if !alive.contains(leg) { faults.append("\(leg) ended after its end") }
                    end(leg)
                case .accept(let leg):
                    if !alive.contains(leg) || !accepted.insert(leg).inserted { faults.append("\(effect)") }
                case .ring(let leg), .setDirection(let leg, _), .sendKey(let leg, _), .setFocus(let leg, _):
                    if !alive.contains(leg) { faults.append("\(effect)") }
                case .connect(let leg, _):
                    if !alive.contains(leg) || !connected.insert(leg).inserted { faults.append("\(effect)") }
                case .disconnect(let leg):
                    if connected.remove(leg) == nil { faults.append("\(effect) without connect") }
                default: break
                }
            }
        }
    }

    @Test(arguments: 0..<60)
    func everyLegEndsOnceWhateverHappens(seed: UInt64) {
        var random = SplitMix64(seed)
        var configuration = World.musical()
        configuration.maximumParticipants = 3
        var world = World(configuration, seed: seed)
        var watch = Watch()
        var known: [LegID] = []
        let callees: [PeerAddress] = [
            .sip("demo@127.0.0.1"), .sip("side@talk.localhost"), .xmpp("demo@talk.localhost"), .sip("alice@localhost"),
            .xmpp("100@sip.localhost"), .xmpp("900@sip.localhost"), .sip("@x"),
        ]
        let callers: [PeerAddress] = [
            .sip("a@h"), .sip("b@h"), .xmpp("alice@localhost/1"), .xmpp("bob@localhost/1"), .sip("anonymous@h"),
        ]
        func pick<T>(_ choices: [T], _ random: inout SplitMix64) -> T {
            choices[Int.random(in: 0..<choices.count, using: &random)]
        }

        for _ in 0..<400 {
            let leg = known.isEmpty ? LegID(1) : pick(known, &random)
            let command: Command
            switch Int.random(in: 0..<17, using: &random) {
            case 12:
                let target: PeerAddress = pick(
                    [.sip("100@talk.localhost"), .sip("+491@h"), .xmpp("carol@localhost"), .sip("9@h")], &random)
                command = .invite(Invitation(id: RequestID(1), room: .demo, target: target, by: .leg(leg)))
            case 14:
                let target: PeerAddress = pick(
                    [.sip("100@talk.localhost"), .sip("+491@h"), .xmpp("carol@localhost"), .sip("9@h")], &random)
                command = .transfer(
                    Transfer(
                        id: Bool.random(using: &random) ? RequestID(2) : nil, leg: leg, target: target,
                        consultation: known.isEmpty || Bool.random(using: &random) ? nil : pick(known, &random)))
            case 15:
                command = .callText(
                    CallText(
                        id: SubmissionID(1), leg: leg, sender: .sip("a@h"), peer: .sip("b@h"),
                        body: pick(["/add +4930", "/add carol@localhost", "12", "/help"], &random)))
            case 16:
                command = .legDirection(leg, pick([.sendrecv, .sendonly, .recvonly, .inactive], &random))
            case 13:
                let target: Expulsion.Target = .address(pick(callers + [.sip("100@talk.localhost")], &random))
                command = .expel(Expulsion(id: nil, room: .demo, target: target, by: .leg(leg)))
            case 0...2:
                let leg = Bool.random(using: &random) || known.isEmpty ? world.newLeg() : leg
                if watch.over.contains(leg) { continue }
                command = .legOffered(
                    leg,
                    IncomingCall(
                        caller: pick(callers, &random), displayName: nil, callee: pick(callees, &random),
                        takesText: Bool.random(using: &random)))
                if !watch.alive.contains(leg) {
                    watch.alive.insert(leg)
                    known.append(leg)
                }
            case 3...4: command = .legRinging(leg)
            case 5...7: command = .legAnswered(leg)
            case 8: command = .legDirection(leg, pick(StreamDirection.allCases, &random))
            case 9: command = .legSource(leg, 1)
            default:
                command = .legEnded(leg, pick([.hangup, .cancelled, .busy], &random))
                // An adapter says so once, of a leg that it has; that it may cross with an end is tried below.
                if watch.alive.contains(leg) { watch.end(leg) }
            }
            let effects =
                world.tell(command) + (Int.random(in: 0..<8, using: &random) == 0 ? world.run(for: .seconds(20)) : [])
            watch.see(effects, after: command)
            known += effects.compactMap { if case .dial(let leg, _) = $0 { leg } else { nil } }
        }
        #expect(Set(world.conference.liveLegs) == watch.alive)
        for leg in known.shuffled(using: &random) {
            if watch.alive.contains(leg) { watch.end(leg) }
            watch.see(world.tell(.legEnded(leg, .hangup)), after: .legEnded(leg, .hangup))
        }
        watch.see(world.run(for: .seconds(100)), after: .legEnded(LegID(0), .hangup))
        #expect(watch.faults == [])
        #expect(watch.connected.isEmpty)
        #expect(watch.over == Set(known))
        #expect(world.conference.liveLegs.isEmpty)
        #expect(world.conference.bridges.isEmpty)
        #expect(world.conference.rooms.map(\.name) == [.demo])
        #expect(world.room()?.participants.isEmpty == true)
    }
}
