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

    var uri: SIPURI { SIPURI(user: name.lowercased(), host: "127.0.0.1") }

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
        request.vias[0].parameters["branch"] = "z9hG4bK\(name)\(branches)"
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
        var response = request.response(status, tag: "tag-\(name)")
        response.contacts = [NameAddress(SIPURI(user: name.lowercased(), host: "127.0.0.1", port: address.port))]
        response.set("Allow", allow)
        if let sdp { response.setBody(Array(sdp.utf8), type: "application/sdp") }
        return response
    }
}

extension SIPHouse {
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
