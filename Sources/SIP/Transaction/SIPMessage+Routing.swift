import Primitives

extension SIPMessage {
    /// Notes in the top Via where the request came from (RFC 3261 section 18.2.1, RFC 3581 section 4).
    mutating func noteSource(of flow: SIPFlow) {
        guard var via = vias.first else { return }
        let source = flow.remote.ip.unmapped
        let wantsPort = via.parameters.contains("rport")
        if wantsPort { via.parameters["rport"] = String(flow.remote.port) }
        if wantsPort || IPAddress(via.host) != source { via.parameters["received"] = source.description }
        grantKeepAlives(in: &via, over: flow.transport)
        vias[0] = via
    }

    /// A peer that asks whether it may send keep-alives may, for as long as the dialog or registration lasts: with a
    /// number of seconds after which it should (RFC 6223 section 4.4). Over UDP they are STUN (RFC 5626 section 3.5.2).
    private func grantKeepAlives(in via: inout Via, over transport: SIPTransport) {
        guard via.parameters.contains("keep"), via.parameters["keep"] == nil, let method,
            [.invite, .subscribe, .register].contains(method)
        else { return }
        via.parameters["keep"] = transport.isReliable ? "120" : "30"
    }

    /// Where responses to the request go (RFC 3261 section 18.2.2): its connection; else the address that it came
    /// from, at the port that it came from with rport, or that Via names without.
    func responseFlow(_ flow: SIPFlow) -> SIPFlow {
        guard !flow.transport.isReliable, let via = vias.first, !via.parameters.contains("rport") else { return flow }
        var flow = flow
        flow.remote.port = via.port ?? 5060
        return flow
    }
}

extension ServerTransactionID {
    /// RFC 3261 section 17.2.3: by branch and sent-by, or for clients of RFC 2543 by what identified requests there.
    init(of request: SIPMessage, method: SIPMethod) {
        self.method = method
        guard let via = request.vias.first else {
            key = ""
            return
        }
        if let branch = via.branch, via.hasMagicCookie {
            key = "\(branch) \(via.sentBy)"
        } else {
            key =
                "\(request.requestURI.map(\.description) ?? "") \(request.from.tag ?? "") \(request.callID) "
                + "\(request.cseq.number) \(via)"
        }
    }
}
