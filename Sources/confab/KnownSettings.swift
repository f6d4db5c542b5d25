import Yams

/// The keys that mean something, so that a misspelt one is not silently ignored.
enum KnownSettings {
    static let keys: Set<String> = [
        "prompts.folder", "prompts.language", "rooms.announce", "keys.mute", "keys.hand", "keys.lock", "keys.count",
        "keys.pin", "keys.mute-all",
        "listen", "sip.port", "sip.trusted-peers", "sip.session-expires", "sip.minimum-session", "rooms.factory",
        "rooms.factory-redirects", "xmpp.enabled", "xmpp.server", "xmpp.port", "xmpp.secret", "xmpp.tls", "xmpp.talk",
        "xmpp.rooms", "xmpp.gateway", "xmpp.bridged-domains", "rooms.permanent", "rooms.create-on-use",
        "rooms.history", "rooms.updates-per-second", "rooms.dial-out", "rooms.ring-time", "rooms.maximum-invitations",
        "rooms.maximum-participants", "gateway.routes",
        "media.addresses", "media.loopback",
        "media.ice-port", "media.rtp-ports", "media.workers", "media.srtp", "media.loudest", "media.gain-control",
        "media.pass-through",
        "media.opus-bit-rate", "media.opus-complexity", "storage.path", "log.level",
    ]

    /// The keys of a YAML text that mean nothing, in order.
    static func unknown(inYAML text: String) throws -> [String] {
        guard let node = try Yams.compose(yaml: text) else { return [] }
        return leaves(of: node, under: "").filter { !keys.contains($0) && !RoomPolicies.isKey($0) }.sorted()
    }

    private static func leaves(of node: Node, under prefix: String) -> [String] {
        guard case .mapping(let mapping) = node else { return [prefix] }
        return mapping.flatMap { key, value in
            let name = key.string ?? "?"
            return leaves(of: value, under: prefix.isEmpty ? name : "\(prefix).\(name)")
        }
    }
}
