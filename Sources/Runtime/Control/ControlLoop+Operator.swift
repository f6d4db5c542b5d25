import Conference

/// What whoever runs the server asks and wants, from any task: each is answered out of one moment of the loop.
extension ControlLoop {
    func ongoingCalls() -> [OngoingCall] { conference.ongoingCalls }

    func ongoingCall(_ id: CallID) -> OngoingCall? { conference.ongoingCall(id) }

    /// - Returns: what the domain says of it, after all that follows from it was begun.
    func operate(_ wish: OperatorWish) -> OperatorOutcome? {
        operatorOutcome = nil
        settle([.operate(OperatorRequestID(0), wish)])
        return operatorOutcome
    }
}

extension Server {
    /// Calls across the gateway, in the order they came.
    public func ongoingCalls() async -> [OngoingCall] { await running.control.ongoingCalls() }

    public func ongoingCall(_ id: CallID) async -> OngoingCall? { await running.control.ongoingCall(id) }

    /// Has something done with a call. Not to be asked once `run` has been told to end.
    public func operate(_ wish: OperatorWish) async -> OperatorOutcome? { await running.control.operate(wish) }
}
