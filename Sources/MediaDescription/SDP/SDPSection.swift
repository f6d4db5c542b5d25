import Primitives

/// What is known so far of the session part, or of one m-line.
struct SDPSection {
    enum Connection {
        case ip(IPAddress)
        /// A host name, which we do not resolve.
        case unresolved
    }

    var kind = MediaKind.audio
    var port: UInt16 = 0
    var profile = TransportProfile.avp
    var opaque: OpaqueFormats?
    /// Payload types in the order of the m-line.
    var formats: [UInt8] = []
    var connection: Connection?

    var mid = ""
    var direction: StreamDirection?
    var bundleOnly = false
    var maps: [UInt8: Codec] = [:]
    var formatParameters: [UInt8: [Parameter]] = [:]
    var codecFeedback: [UInt8: [RTCPFeedback]] = [:]
    var feedback: [RTCPFeedback] = []
    var headerExtensions: [HeaderExtension] = []
    var sources: [MediaSource] = []
    var rtcpMux = false
    var rtcp: (port: UInt16, ip: IPAddress?)?
    var ptime: Int?
    var maxptime: Int?
    var ufrag: String?
    var pwd: String?
    var options: [String]?
    var isLite = false
    var candidates: [CandidateDescription] = []
    var endOfCandidates = false
    var fingerprints: [Fingerprint] = []
    var setup: SetupRole?
    var cryptos: [SDESCrypto] = []

    /// The content, with what the session part gives for those attributes it does not have itself.
    func content(inheriting session: SDPSection) -> ContentDescription {
        let isRejected = port == 0 && !bundleOnly
        var address: SocketAddress?
        if case .ip(let ip) = connection ?? session.connection, !isRejected { address = SocketAddress(ip, port) }
        var rtcpAddress: SocketAddress?
        if let rtcp, let ip = rtcp.ip ?? address?.ip { rtcpAddress = SocketAddress(ip, rtcp.port) }
        var ice: ICEParameters?
        if let ufrag = ufrag ?? session.ufrag, let pwd = pwd ?? session.pwd {
            ice = ICEParameters(
                ufrag: ufrag, pwd: pwd, isLite: session.isLite || isLite, options: options ?? session.options ?? [])
        }
        let codecs = formats.compactMap(codec)
        let unknown = opaque ?? OpaqueFormats(profile: profile.rawValue, formats: formats.map { String($0) })
        return ContentDescription(
            name: mid, kind: kind, isRejected: isRejected, profile: profile,
            direction: direction ?? session.direction ?? .sendrecv, codecs: codecs,
            feedback: feedback,
            headerExtensions: headerExtensions.isEmpty ? session.headerExtensions : headerExtensions,
            sources: sources, rtcpMux: rtcpMux, ptime: ptime ?? session.ptime, maxptime: maxptime ?? session.maxptime,
            address: address, rtcpAddress: rtcpAddress, ice: ice,
            candidates: candidates, endOfCandidates: endOfCandidates || session.endOfCandidates,
            fingerprints: fingerprints.isEmpty ? session.fingerprints : fingerprints, setup: setup ?? session.setup,
            cryptos: cryptos, opaque: codecs.isEmpty ? unknown : nil)
    }

    /// What a payload type stands for; nil for a dynamic one that no rtpmap explains.
    private func codec(_ payloadType: UInt8) -> Codec? {
        guard var codec = maps[payloadType] ?? StaticPayload.codec(payloadType) else { return nil }
        codec.parameters = formatParameters[payloadType] ?? []
        codec.feedback = codecFeedback[payloadType] ?? []
        return codec
    }
}
