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
        JingleNamespace.rtp, JingleNamespace.rtpAudio, JingleNamespace.dtmf, JingleNamespace.transfer,
        JingleNamespace.dtls,
        JingleNamespace.iceUDP, JingleNamespace.headerExtensions, JingleNamespace.groupingFeature,
        JingleNamespace.sourcesFeature, Namespace.coin, Namespace.coin0, Namespace.receipts, Namespace.chatMarkers,
        Namespace.chatStates, Namespace.correction, Namespace.reactions, Namespace.reply, Namespace.outOfBand,
        Namespace.ping, Namespace.version, Namespace.time, Namespace.vCard,
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
    ///   - profile: of the room that the target names.
    ///   - exists: whether the room that the target names is there, or would be made on first use.
    func info(_ target: XMPPTarget, profile: RoomProfile?, exists: Bool) -> DiscoInfo? {
        switch target {
        case .talk: service("component", "generic")
        case .gateway: service("gateway", "sip")
        case .rooms: service("conference", "text", [Namespace.muc, Namespace.occupantID])
        case .contact, .number: exists ? XMPPDiscovery.client(configuration) : nil
        case .room(let name): exists ? profile.map { room(name, $0) } : nil
        case .occupant, .nothing: nil
        }
    }

    private func service(_ category: String, _ type: String, _ more: [String] = []) -> DiscoInfo {
        DiscoInfo(
            identities: [.init(category: category, type: type, name: configuration.softwareName)],
            features: XMPPDiscovery.serviceFeatures + more)
    }

    /// A room as a MUC (XEP-0045 sections 6.4 and 15.3 to 15.5).
    private func room(_ name: RoomName, _ profile: RoomProfile) -> DiscoInfo {
        let settings = profile.settings
        func flag(_ isOn: Bool) -> [String] { [isOn ? "1" : "0"] }
        var fields: [DataForm.Field] = [
            .init("muc#roominfo_occupants", label: "Occupants", [String(profile.participants)]),
            .init("muc#roominfo_avatarhash", label: "Avatar hash", [pictures.of(name).hash]),
            .init("muc#roominfo_subject", label: "Subject", [profile.subject]),
            .init("muc#roominfo_changesubject", type: "boolean", flag(settings.othersSetSubject)),
            .init("muc#maxhistoryfetch", label: "History", [String(configuration.conference.historyLength)]),
        ]
        if !settings.title.isEmpty { fields.append(.init("muc#roomconfig_roomname", label: "Name", [settings.title])) }
        if !settings.description.isEmpty {
            fields.append(.init("muc#roominfo_description", label: "Description", [settings.description]))
        }
        if let language = profile.language { fields.append(.init("muc#roominfo_lang", label: "Language", [language])) }
        return DiscoInfo(
            identities: [
                .init(
                    category: "conference", type: "text", name: settings.title.isEmpty ? name.text : settings.title)
            ],
            features: XMPPDiscovery.serviceFeatures + [
                Namespace.muc, Namespace.mucStableID,
                settings.isMembersOnly ? "muc_membersonly" : "muc_open",
                settings.isModerated ? "muc_moderated" : "muc_unmoderated", "muc_nonanonymous",
                profile.hasPIN ? "muc_passwordprotected" : "muc_unsecured",
                settings.isPublic ? "muc_public" : "muc_hidden",
                profile.isPersistent ? "muc_persistent" : "muc_temporary", Namespace.stanzaIDs,
                Namespace.selfPingOptimization, Namespace.occupantID, Namespace.archive, Namespace.archiveExtended,
                Namespace.retraction, Namespace.tombstones, Namespace.messageModeration,
            ],
            forms: [DataForm(.result, formType: Namespace.mucRoomInfo, fields: fields)])
    }
}
