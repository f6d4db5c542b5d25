import Primitives

extension SIPMessage {
    /// Notes in the top Via where the request came from (RFC 3261 section 18.2.1, RFC 3581 section 4).
    mutating func noteSource(of flow: SIPFlow) {
        guard var via = vias.first else { return }
        let source = flow.remote.ip.unmapped
        let wantsPort = via.parameters.contains("rport")
        if wantsPort { via.parameters["rport"] = String(flow.remote.port) }
        if wantsPort || IPAddress(via.host) != source { via.parameters["received"] = source.description }
        vias[0] = via
    }

    /// Where responses to the request go (RFC 3261 section 18.2.2): its connection; else the address that it came
    /// from, at the port that it came from with rport, or that Via names without.
    func responseFlow(_ flow: SIPFlow) -> SIPFlow {
        guard flow.transport == .udp, let via = vias.first, !via.parameters.contains("rport") else { return flow }
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
