import MediaSecurity
import Primitives
import SIP

/// A phone's side of one call, as messages: no timers, the test decides what it says.
struct SIPPhone {
    let name: String
    let address: SocketAddress
    var dialled: SIPURI
    var allow = "INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY"
    var accept: String?
    var callID: String
    /// What From says, if not the phone's own address.
    var identity: SIPURI?
    /// Whose password it gives; by default the user of `identity`.
    var account: String?
    var password = "wonderland"
    var branchPrefix = ""
    var tag: String?
    private var counts: [String: UInt32] = [:]
    var remoteTag: String?
    var remoteTarget: SIPURI?
    private var sequence: UInt32 = 0
    private var branches = 0

    init(_ name: String, port: UInt16, calls dialled: String = "sip:demo@127.0.0.1") {
        self.name = name
        address = SocketAddress(.loopback4, port)
        self.dialled = SIPURI(dialled) ?? SIPURI(host: "invalid")
        callID = "call-of-\(name)"
    }

    static func sdp(_ direction: String = "sendrecv", port: Int = 4000, codec: String = "0 PCMU/8000", version: Int = 1)
        -> String
    {
        let type = codec.prefix { $0 != " " }
        return "v=0\r\no=- 1 \(version) IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            + "m=audio \(port) RTP/AVP \(type)\r\na=rtpmap:\(codec)\r\na=\(direction)\r\n"
    }

    var uri: SIPURI { identity ?? SIPURI(user: name.lowercased(), host: "127.0.0.1") }

    /// The next request, inside the dialog once there is one.
    mutating func request(_ method: SIPMethod, sdp: String? = nil) -> SIPMessage {
        if method != .ack && method != .cancel { sequence += 1 }
        if method != .cancel { branches += 1 }
        var from = NameAddress(displayName: name, uri)
        from.tag = "tag-\(name)"
        var to = NameAddress(dialled.withoutParameters)
        to.tag = method == .cancel ? nil : remoteTag
        let target = method == .cancel ? dialled : remoteTarget ?? dialled
        var request = SIPMessage(method, target, from: from, to: to, callID: callID, sequence: sequence)
        request.vias = [Via(transport: "UDP", host: "127.0.0.1", port: address.port)]
        request.vias[0].parameters["branch"] = "z9hG4bK\(branchPrefix)\(name)\(branches)"
        request.contacts = [NameAddress(SIPURI(user: name.lowercased(), host: "127.0.0.1", port: address.port))]
        request.set("Allow", allow)
        if let accept { request.set("Accept", accept) }
        if let sdp { request.setBody(Array(sdp.utf8), type: "application/sdp") }
        return request
    }

    mutating func message(_ text: String, type: String = "text/plain") -> SIPMessage {
        var request = request(.message)
        request.contacts = []
        request.setBody(Array(text.utf8), type: type)
        return request
    }

    /// The next request, with an answer to the challenge of that response.
    mutating func request(_ method: SIPMethod, sdp: String? = nil, answering challenge: SIPMessage) -> SIPMessage {
        var request = request(method, sdp: sdp)
        sign(&request, answering: challenge)
        return request
    }

    mutating func message(_ text: String, answering challenge: SIPMessage) -> SIPMessage {
        var request = message(text)
        sign(&request, answering: challenge)
        return request
    }

    mutating func registration(
        expires: Int? = nil, contacts: Bool = true, answering challenge: SIPMessage? = nil
    ) -> SIPMessage {
        var request = request(.register)
        request.start = .request(.register, SIPURI(host: "talk.localhost"))
        request.to = NameAddress(uri)
        if !contacts { request.contacts = [] }
        request.set("Expires", expires.map(String.init))
        if let challenge { sign(&request, answering: challenge) }
        return request
    }

    private mutating func sign(_ request: inout SIPMessage, answering response: SIPMessage) {
        guard let challenge = DigestChallenge(in: response), let method = request.method, let uri = request.requestURI
        else { return }
        counts[challenge.nonce, default: 0] += 1
        let user = account ?? identity?.user ?? ""
        request.set(
            "Authorization",
            DigestCredentials(
                username: user, answering: challenge, uri: uri.description, method: method,
                secret: challenge.algorithm.secret(
                    of: user, realm: challenge.realm, password: password, .openSSL),
                clientNonce: "cn", count: counts[challenge.nonce] ?? 1, hashing: .openSSL
            ).description)
    }

    /// The last INVITE's ACK.
    mutating func ack(_ response: SIPMessage, sdp: String? = nil) -> SIPMessage {
        remoteTag = response.to.tag
        remoteTarget = response.contacts.first?.uri ?? remoteTarget
        var ack = request(.ack, sdp: sdp)
        ack.cseq.number = response.cseq.number
        return ack
    }

    /// Answers a request of the house's.
    func answer(_ request: SIPMessage, _ status: Int = 200, sdp: String? = nil) -> SIPMessage {
        var response = request.response(status, tag: tag ?? "tag-\(name)")
        response.contacts = [NameAddress(SIPURI(user: name.lowercased(), host: "127.0.0.1", port: address.port))]
        response.set("Allow", allow)
        if let sdp { response.setBody(Array(sdp.utf8), type: "application/sdp") }
        return response
    }
}

extension SIPHouse {
    /// Registers a phone; gives the 200.
    @discardableResult
    mutating func register(_ phone: inout SIPPhone, expires: Int? = nil, contacts: Bool = true) -> SIPMessage? {
        guard
            let challenge = receive(phone.registration(expires: expires, contacts: contacts), from: phone.address)
                .first(401)
        else { return nil }
        return receive(
            phone.registration(expires: expires, contacts: contacts, answering: challenge), from: phone.address
        ).first(200)
    }

    /// A call up to its ACK; gives the 200.
    @discardableResult
    mutating func join(_ phone: inout SIPPhone) -> SIPMessage? {
        guard let ok = receive(phone.request(.invite, sdp: SIPPhone.sdp()), from: phone.address).last,
            ok.status == 200
        else { return nil }
        receive(phone.ack(ok), from: phone.address)
        return ok
    }
}

extension [SIPMessage] {
    func first(_ status: Int) -> SIPMessage? { first { $0.status == status } }
    func first(_ method: SIPMethod) -> SIPMessage? { first { $0.method == method } }
    var statuses: [Int] { compactMap(\.status) }
    var methods: [SIPMethod] { compactMap(\.method) }
}
