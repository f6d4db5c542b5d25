import Conference
import Primitives
import XMPP

/// Which picture a room has: its own, that of rooms made on first use, or the one that comes with the software.
struct RoomPictures: Sendable {
    private let standard: Avatar
    private let onUse: Avatar
    private let named: [RoomName: Avatar]
    private let permanent: Set<RoomName>

    init(_ configuration: ConferenceConfiguration, hashing: Hashing) {
        func avatar(_ picture: Picture?) -> Avatar? {
            picture.map {
                Avatar(
                    $0.bytes, mediaType: $0.kind.rawValue, width: $0.width, height: $0.height, hashing: hashing)
            }
        }
        standard = avatar(.standard) ?? Avatar([], mediaType: Picture.Kind.png.rawValue, hashing: hashing)
        onUse = avatar(configuration.policyOnUse.picture) ?? standard
        named = configuration.policies.compactMapValues { avatar($0.picture) }
        permanent = Set(configuration.rooms).union(configuration.policies.keys)
    }

    /// Of the service itself.
    var service: Avatar { standard }

    func of(_ room: RoomName) -> Avatar { named[room] ?? (permanent.contains(room) ? standard : onUse) }
}
