public import Conference

/// The way in to the domain: what is asked is answered from one moment of it, and what is wanted is decided there.
public struct CallDesk: Sendable {
    let calls: @Sendable () async -> [OngoingCall]
    let call: @Sendable (CallID) async -> OngoingCall?
    let operate: @Sendable (OperatorWish) async -> OperatorOutcome?

    /// - Parameter operate: nil where the domain takes no wishes any more.
    public init(
        calls: @escaping @Sendable () async -> [OngoingCall],
        call: @escaping @Sendable (CallID) async -> OngoingCall?,
        operate: @escaping @Sendable (OperatorWish) async -> OperatorOutcome?
    ) {
        self.calls = calls
        self.call = call
        self.operate = operate
    }
}
