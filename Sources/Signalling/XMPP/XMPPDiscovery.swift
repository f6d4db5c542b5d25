import Conference
import Jingle
import Primitives
import XMPP

/// What our JIDs say that they are (XEP-0030), and under what name (XEP-0115).
struct XMPPDiscovery: Sendable {
    private let configuration: XMPPAdapterConfiguration
    /// Of the full JIDs of rooms and numbers.
    let caps: EntityCapabilities
    let pictures: RoomPictures

    /// What a peer must find before it calls: client-side checks differ, and this satisfies each.
    static let callFeatures = [
        Namespace.caps, Namespace.discoInfo, Namespace.discoItems, Namespace.jingle, Namespace.jingleMessage,
        JingleNamespace.rtp, JingleNamespace.rtpAudio, JingleNamespace.dtmf, JingleNamespace.dtls,
        JingleNamespace.iceUDP, JingleNamespace.headerExtensions, JingleNamespace.groupingFeature,
        JingleNamespace.sourcesFeature, Namespace.coin, Namespace.coin0, Namespace.receipts, Namespace.chatMarkers,
        Namespace.chatStates, Namespace.ping, Namespace.version, Namespace.time, Namespace.vCard,
    ]
    private static let serviceFeatures = [
        Namespace.discoInfo, Namespace.discoItems, Namespace.ping, Namespace.version, Namespace.time, Namespace.vCard,
    ]

    init(_ configuration: XMPPAdapterConfiguration, hashing: Hashing) {
        self.configuration = configuration
        pictures = RoomPictures(configuration.conference, hashing: hashing)
        caps = EntityCapabilities(
            node: configuration.capsNode, of: XMPPDiscovery.client(configuration), hashing: hashing)
    }

    private static func client(_ configuration: XMPPAdapterConfiguration) -> DiscoInfo {
        DiscoInfo(
            identities: [.init(category: "client", type: "phone", name: configuration.softwareName)],
            features: callFeatures)
    }

    /// The identity and features of a target; nil when there is no such thing.
    /// - Parameters:
    ///   - room: the room that the target names, when somebody is in it.
    ///   - exists: whether the room that the target names is there, or would be made on first use.
    func info(_ target: XMPPTarget, room: Room?, exists: Bool) -> DiscoInfo? {
        switch target {
        case .talk: service("component", "generic")
        case .gateway: service("gateway", "sip")
        case .rooms: service("conference", "text", [Namespace.muc])
        case .contact, .number: exists ? XMPPDiscovery.client(configuration) : nil
        case .room(let name): exists ? self.room(name, room) : nil
        case .occupant, .nothing: nil
        }
    }

    private func service(_ category: String, _ type: String, _ more: [String] = []) -> DiscoInfo {
        DiscoInfo(
            identities: [.init(category: category, type: type, name: configuration.softwareName)],
            features: XMPPDiscovery.serviceFeatures + more)
    }

    /// A room as a MUC (XEP-0045 sections 6.4 and 15.3).
    private func room(_ name: RoomName, _ room: Room?) -> DiscoInfo {
        let isPermanent = configuration.conference.rooms.contains(name)
        let isSecured = configuration.conference.policies[name]?.pin != nil
        let form = DataForm(
            .result, formType: Namespace.mucRoomInfo,
            fields: [
                .init("muc#roominfo_occupants", label: "Occupants", [String(room?.participants.count ?? 0)]),
                .init("muc#roominfo_avatarhash", label: "Avatar hash", [pictures.of(name).hash]),
                .init("muc#roominfo_subject", label: "Subject", [room?.subject?.text ?? ""]),
            ])
        return DiscoInfo(
            identities: [.init(category: "conference", type: "text", name: name.text)],
            features: XMPPDiscovery.serviceFeatures + [
                Namespace.muc, "muc_open", "muc_unmoderated", "muc_nonanonymous",
                isSecured ? "muc_passwordprotected" : "muc_unsecured", "muc_public",
                isPermanent ? "muc_persistent" : "muc_temporary", Namespace.stanzaIDs, Namespace.selfPingOptimization,
            ],
            forms: [form])
    }
}
