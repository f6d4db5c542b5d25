/// A request or response (RFC 3261 section 7), whole and well-formed.
///
/// What routing, transactions and dialogs need is held as values; every other header as text, in order.
public struct SIPMessage: Hashable, Sendable {
    public enum Start: Hashable, Sendable {
        case request(SIPMethod, SIPURI)
        /// Status code 100…699 and reason phrase.
        case response(Int, String)
    }

    public var start: Start
    /// Topmost first; never empty in a message that was received.
    public var vias: [Via]
    public var from: NameAddress
    public var to: NameAddress
    public var callID: String
    public var cseq: CSeq
    public var maxForwards: Int?
    /// `Contact: *` counts as none.
    public var contacts: [NameAddress]
    /// `Contact: *`, which stands for all that were registered (RFC 3261 section 10.2.2).
    public var hasEveryContact = false
    public var routes: [NameAddress]
    public var recordRoutes: [NameAddress]
    /// All headers that have no property of their own; Content-Length is made when writing.
    public var headers: [SIPHeader]
    public var body: [UInt8]

    public init(
        start: Start, vias: [Via] = [], from: NameAddress, to: NameAddress, callID: String, cseq: CSeq,
        maxForwards: Int? = nil, contacts: [NameAddress] = [], routes: [NameAddress] = [],
        recordRoutes: [NameAddress] = [], headers: [SIPHeader] = [], body: [UInt8] = []
    ) {
        self.start = start
        self.vias = vias
        self.from = from
        self.to = to
        self.callID = callID
        self.cseq = cseq
        self.maxForwards = maxForwards
        self.contacts = contacts
        self.routes = routes
        self.recordRoutes = recordRoutes
        self.headers = headers
        self.body = body
    }

    /// A request with Max-Forwards 70 and no Via yet; the transaction layer adds that.
    public init(
        _ method: SIPMethod, _ uri: SIPURI, from: NameAddress, to: NameAddress, callID: String, sequence: UInt32
    ) {
        self.init(
            start: .request(method, uri), from: from, to: to, callID: callID, cseq: CSeq(sequence, method),
            maxForwards: 70)
    }

    /// The method of a request; nil for a response.
    public var method: SIPMethod? { if case .request(let method, _) = start { method } else { nil } }
    /// The Request-URI; nil for a response.
    public var requestURI: SIPURI? { if case .request(_, let uri) = start { uri } else { nil } }
    /// The status code; nil for a request.
    public var status: Int? { if case .response(let status, _) = start { status } else { nil } }
    public var reasonPhrase: String? { if case .response(_, let reason) = start { reason } else { nil } }
    public var isRequest: Bool { method != nil }

    /// A response to this request (RFC 3261 section 8.2.6): Via, From, To, Call-ID, CSeq and, where it may make a
    /// dialog, Record-Route are the request's.
    /// - Parameter tag: our tag, put on To if the request had none there; 100 gets none.
    public func response(_ status: Int, _ reason: String? = nil, tag: String? = nil) -> SIPMessage {
        var response = SIPMessage(
            start: .response(status, reason ?? SIPStatus.reason(status)), vias: vias, from: from, to: to,
            callID: callID, cseq: cseq)
        if status > 100, response.to.tag == nil, let tag { response.to.tag = tag }
        if (101..<300).contains(status) { response.recordRoutes = recordRoutes }
        if status == 100 { response.headers = headers.filter { $0.isNamed("Timestamp") } }
        return response
    }
}
