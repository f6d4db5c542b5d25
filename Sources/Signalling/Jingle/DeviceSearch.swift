import Jingle
import Primitives
import XMPP

/// The devices of somebody who is called, as presence and disco#info tell: which of them can be called, and know no
/// proposals (XEP-0166 section 6.1, XEP-0353 section 5).
struct DeviceSearch {
    private struct Device {
        let jid: JID
        let priority: Int
        var canBeCalled = false
    }

    /// How long a search is given before a call whose proposal came back is over.
    static let patience = Duration.seconds(4)
    private static let limit = 16
    private static let wanted: Set<String> = [
        Namespace.jingle, JingleNamespace.rtp, JingleNamespace.iceUDP, JingleNamespace.dtls,
    ]

    private let began: Instant
    private var devices: [Device] = []
    /// When the call is over if no device was found; nil while the proposal stands.
    var giveUpAt: Instant?

    init(at now: Instant) { began = now }

    /// A device is online; whether it is to be asked what it can do.
    mutating func noticed(_ jid: JID, priority: Int) -> Bool {
        guard devices.count < DeviceSearch.limit, !devices.contains(where: { $0.jid == jid }) else { return false }
        devices.append(Device(jid: jid, priority: priority))
        return true
    }

    mutating func left(_ jid: JID) { devices.removeAll { $0.jid == jid } }

    /// What a device says that it can do.
    mutating func answered(_ jid: JID, _ features: Set<String>) {
        guard let index = devices.firstIndex(where: { $0.jid == jid }) else { return }
        devices[index].canBeCalled =
            features.isSuperset(of: DeviceSearch.wanted) && !features.contains(Namespace.jingleMessage)
    }

    /// The best device that can be called and was not yet; it is not given again.
    mutating func next() -> JID? {
        let able = devices.indices.filter { devices[$0].canBeCalled }
        guard let best = able.max(by: { devices[$0].priority < devices[$1].priority }) else { return nil }
        devices[best].canBeCalled = false
        return devices[best].jid
    }

    /// The proposal came back; false when the search has had its time.
    mutating func isLastHope(at now: Instant) -> Bool {
        giveUpAt = began + DeviceSearch.patience
        return began + DeviceSearch.patience > now
    }
}
