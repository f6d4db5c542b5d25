public import Primitives

/// Makes a record of each leg out of what the domain is told and what it decides. A value: it is shown each command with
/// its effects, and gives back the records that are to be kept as they stand now.
///
/// A leg: begun → answered → ended → with its media's counts; the last two may come in either order.
public struct CallLog: Sendable {
    private var next: Int64
    private var open: [LegID: CallRecord] = [:]
    /// Answered legs that have ended, and whose media has not been heard of.
    private var closing: [LegID: CallRecord] = [:]

    /// - Parameter first: above the number of any record that is kept.
    public init(first: Int64) { next = first }

    /// Whether no leg is up, nor waited for.
    public var isEmpty: Bool { open.isEmpty && closing.isEmpty }

    /// A command was carried out.
    /// - Parameters:
    ///   - command: nil where time alone had effects.
    ///   - conference: after it.
    ///   - word: in place of why legs end.
    public mutating func note(
        _ command: Command?, _ effects: [Effect], _ conference: Conference, _ wall: WallTime,
        because word: String? = nil
    ) -> [CallRecord] {
        var changed: Set<LegID> = []
        var finished: [CallRecord] = []
        switch command {
        case .legOffered(let leg, let call) where open[leg] == nil && closing[leg] == nil:
            begin(
                leg,
                CallRecord(
                    number: newNumber(), signalling: Self.signalling(call.caller), direction: .incoming,
                    address: call.caller.description, name: call.displayName, dialled: call.callee.description,
                    started: wall))
            if case .room(let name) = conference.dialPlan.destination(of: call.callee) { open[leg]?.room = name.text }
            changed.insert(leg)
        case .legAnswered(let leg) where open[leg] != nil && open[leg]?.answered == nil:
            open[leg]?.answered = wall
            changed.insert(leg)
        case .legEnded(let leg, let reason), .legUnplaced(let leg, let reason, _):
            if let record = end(leg, word ?? reason.recordWord, wall) { finished.append(record) }
        default: break
        }
        for effect in effects {
            switch effect {
            case .dial(let leg, let call):
                begin(
                    leg,
                    CallRecord(
                        number: newNumber(), signalling: Self.signalling(call.target), direction: .outgoing,
                        address: call.target.description, dialled: call.target.description, started: wall))
                open[leg]?.numberClass = conference.fare(of: leg)?.numberClass.name
                open[leg]?.trunk = call.trunk?.name
                open[leg]?.payer = conference.fare(of: leg)?.payer.name
                changed.insert(leg)
            case .end(let leg, let reason):
                changed.remove(leg)
                if let record = end(leg, word ?? reason.recordWord, wall) { finished.append(record) }
            default: break
            }
        }
        for leg in changed { place(leg, in: conference) }
        return finished + changed.compactMap { open[$0] }.sorted { $0.number < $1.number }
    }

    /// A leg's media is over.
    public mutating func mediaEnded(_ leg: LegID, _ media: CallRecord.Media) -> CallRecord? {
        if var record = closing.removeValue(forKey: leg) {
            record.media = media
            return record
        }
        open[leg]?.media = media
        return nil
    }

    private mutating func newNumber() -> Int64 {
        defer { next += 1 }
        return next
    }

    private mutating func begin(_ leg: LegID, _ record: CallRecord) { open[leg] = record }

    /// Where the leg is, and what it is called there.
    private mutating func place(_ leg: LegID, in conference: Conference) {
        if let bridge = conference.bridge(of: leg) {
            let number = open[bridge.caller]?.number
            open[leg]?.bridge = number
            return
        }
        guard let name = conference.room(of: leg) else { return }
        open[leg]?.room = name.text
        if let person = conference.room(name)?.participants.endpoint(of: leg)?.participant {
            open[leg]?.name = person.name
        }
    }

    private mutating func end(_ leg: LegID, _ reason: String, _ wall: WallTime) -> CallRecord? {
        guard var record = open.removeValue(forKey: leg) else { return nil }
        record.ended = wall
        record.reason = reason
        if record.answered != nil, record.media == nil { closing[leg] = record }
        return record
    }

    private static func signalling(_ address: PeerAddress) -> CallRecord.Signalling {
        address.network == .sip ? .sip : .jingle
    }
}
