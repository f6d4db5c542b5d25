import Primitives

/// A call on its way out by trunks.
struct TrunkCourse: Sendable, Hashable {
    /// The trunk that it is tried by now.
    var current: String
    /// Those that are still to be tried, in order.
    var rest: [String]
    /// The call as it is before a trunk's rules.
    let call: OutgoingCall
    /// Who calls, as the caller's own network knows it.
    let caller: PeerAddress
}

/// Which calls are on which trunk, and which trunks are better left alone for a while.
struct TrunkUse: Sendable {
    private(set) var courses: [LegID: TrunkCourse] = [:]
    private var avoidedUntil: [String: Instant] = [:]
    private var pruneAt = 256

    /// How long a trunk that does not answer is tried last, and the least and the most that it may ask for itself.
    static let avoidance = Duration.seconds(60)
    static let retryAfter = 1...3600

    mutating func begin(_ course: TrunkCourse, on leg: LegID) { courses[leg] = course }

    mutating func take(_ leg: LegID) -> TrunkCourse? { courses.removeValue(forKey: leg) }

    /// Those of a list that are thought to work, and after them those that failed lately.
    func ordered(_ names: [String], at now: Instant) -> [String] {
        let isAvoided = { (name: String) in avoidedUntil[name].map { $0 > now } ?? false }
        return names.filter { !isAvoided($0) } + names.filter(isAvoided)
    }

    mutating func note(_ fault: TrunkFault, of name: String, at now: Instant) {
        switch fault {
        case .refused: break
        case .unreachable: avoidedUntil[name] = now + TrunkUse.avoidance
        case .overloaded(let seconds):
            let bounded = min(max(seconds, TrunkUse.retryAfter.lowerBound), TrunkUse.retryAfter.upperBound)
            avoidedUntil[name] = now + .seconds(bounded)
        }
    }

    /// The trunk has answered.
    mutating func works(_ leg: LegID) {
        if let name = courses[leg]?.current { avoidedUntil[name] = nil }
    }

    /// The trunk that a leg goes by.
    func trunk(of leg: LegID) -> String? { courses[leg]?.current }

    func calls(on name: String) -> Int { courses.values.lazy.filter { $0.current == name }.count }

    /// Forgets legs that are over, once there are many.
    mutating func prune(keeping isLive: (LegID) -> Bool, always: Bool) {
        guard always || courses.count >= pruneAt else { return }
        courses = courses.filter { isLive($0.key) }
        pruneAt = max(256, courses.count * 2)
    }
}
