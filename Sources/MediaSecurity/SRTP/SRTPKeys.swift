public import Primitives

/// Master key and salt of each direction (RFC 3711 section 4.3, RFC 5764 section 4.2), as one side has them.
public struct SRTPKeys: Sendable, Equatable {
    public var profile: SRTPProfile
    /// Master key followed by master salt, for what this side sends.
    public var send: Redacted<[UInt8]>
    /// Master key followed by master salt, for what this side receives.
    public var receive: Redacted<[UInt8]>

    /// Bytes of the master key identifier in what this side receives (RFC 3711 section 3.1).
    public var receivedMKI: Int

    public init(profile: SRTPProfile, send: [UInt8], receive: [UInt8], receivedMKI: Int = 0) {
        self.profile = profile
        self.send = Redacted(send)
        self.receive = Redacted(receive)
        self.receivedMKI = receivedMKI
    }

    /// Cuts what the DTLS exporter gave: client key, server key, client salt, server salt (RFC 5764 section 4.2).
    /// Nil when it is not of the profile's length.
    init?(profile: SRTPProfile, exported: [UInt8], role: DTLSRole) {
        let key = profile.keyLength
        let salt = profile.saltLength
        guard exported.count == 2 * (key + salt) else { return nil }
        let client = exported[..<key] + exported[(2 * key)..<(2 * key + salt)]
        let server = exported[key..<(2 * key)] + exported[(2 * key + salt)...]
        switch role {
        case .client: self.init(profile: profile, send: Array(client), receive: Array(server))
        case .server: self.init(profile: profile, send: Array(server), receive: Array(client))
        }
    }
}
