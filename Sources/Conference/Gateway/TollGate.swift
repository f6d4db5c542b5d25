import Primitives

/// Who may call which numbers now: rules, quotas, and whose calls failed too often. Calls that are let through are told of as
/// they go on.
struct TollGate: Sendable {
    let configuration: CallingConfiguration
    var quotas: CallQuotas
    var failures: CallFailures
    /// Whose calls began by the command that is being carried out.
    var begun: [LegID] = []
    /// The time of the command that is being carried out.
    private(set) var now = Instant.zero
    private(set) var wall = WallTime(milliseconds: 0)

    init(_ configuration: CallingConfiguration) {
        self.configuration = configuration
        quotas = CallQuotas(configuration)
        failures = CallFailures(configuration.failures)
    }

    mutating func advance(to now: Instant, _ wall: WallTime) {
        self.now = now
        self.wall = wall
    }

    /// Why a call may not be placed now; nil when it may.
    mutating func refusal(of fare: Fare) -> CallRefusal? {
        guard fare.numberClass != .address, fare.numberClass != .emergency else { return nil }
        if failures.isShutOut(fare.payer.name, at: now) { return .shutOut }
        guard configuration.opens(fare.numberClass, to: fare.payer) else { return .closed(fare.numberClass) }
        return quotas.refusal(of: fare, now, wall)
    }
}
