/// Numbers that SIP callers dial at the gateway's domain, as XMPP users do.
extension Conference {
    /// Where a number leads that a SIP caller dials: by the routes, for who has proven who he is and for nobody else.
    /// - Parameter plan: what the address means that was called; numbers of ours are none to be called out to.
    /// - Returns: nil where no such number was dialled.
    func number(dialledBy call: IncomingCall, _ plan: DialPlan.Destination) -> DialPlan.Destination? {
        guard case .refused(.notFound) = plan, dialsNumber(call) else { return nil }
        guard call.isAuthenticated else { return .refused(.forbidden) }
        switch dialPlan.outgoing(call.callee.bare) {
        case .success(let target): return .peer(target)
        case .failure(let refusal): return .refused(refusal.reason)
        }
    }

    /// Whether a SIP caller dials a number at the gateway's domain.
    func dialsNumber(_ call: IncomingCall) -> Bool {
        call.caller.network == .sip && call.callee.network == .sip && dialPlan.isGateway(call.callee.hostName)
            && !call.callee.user.isEmpty && !call.callee.user.contains("@")
    }
}
