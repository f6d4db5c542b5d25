import Conference
import ConferenceInfo

extension ConferenceInfoContext {
    /// A room's addresses, by which it is called and written to from either side, and who provides it.
    init(
        of room: RoomName, _ configuration: ConferenceConfiguration, scheme: InfoUser.Scheme = .native
    ) {
        func uri(_ network: PeerAddress.Network, _ host: String) -> String {
            AddressURI.user(PeerAddress(network, user: room.text, host: host))
        }
        self.init(
            scheme: scheme,
            uris: [
                InfoURI(uri(.sip, configuration.talkDomain), purpose: "participation"),
                InfoURI(uri(.xmpp, configuration.talkDomain), purpose: "participation"),
                InfoURI(
                    uri(.xmpp, configuration.roomsDomain) + "?join", displayText: "chat", purpose: "participation"),
            ],
            maximumUsers: configuration.maximumParticipants,
            host: Host(
                displayText: configuration.talkDomain,
                uris: [InfoURI(AddressURI.user(PeerAddress(.sip, user: "", host: configuration.talkDomain)))]))
    }
}
