import Yams

/// The keys that mean something, so that a misspelt one is not silently ignored.
enum KnownSettings {
    static let keys: Set<String> = [
        "listen",
        "api.listen", "api.remote", "api.tokens",
        "accounts.algorithms", "accounts.domain", "accounts.users",
        "sip.advertised-address", "sip.authentication", "sip.dns-servers", "sip.least-security", "sip.local-networks",
        "sip.maximum-calls", "sip.minimum-session", "sip.offer-security", "sip.port", "sip.session-expires",
        "sip.trusted-peers",
        "sip.tls.authorities", "sip.tls.certificate", "sip.tls.key", "sip.tls.port", "sip.tls.verify",
        "sip.websocket.enabled", "sip.websocket.origins", "sip.websocket.port", "sip.websocket.tls-port",
        "xmpp.blocked", "xmpp.bridged-domains", "xmpp.enabled", "xmpp.gateway", "xmpp.limits.calls",
        "xmpp.limits.contacts", "xmpp.limits.domain-calls", "xmpp.limits.domain-contacts",
        "xmpp.limits.domain-stanzas", "xmpp.limits.stanzas", "xmpp.port", "xmpp.rooms", "xmpp.secret",
        "xmpp.server", "xmpp.talk", "xmpp.tls",
        "rooms.announce", "rooms.archive", "rooms.create-on-use", "rooms.dial-out", "rooms.factory",
        "rooms.factory-redirects", "rooms.group-calls",
        "rooms.history", "rooms.maximum", "rooms.maximum-invitations", "rooms.maximum-of-one",
        "rooms.maximum-participants", "rooms.permanent",
        "rooms.ring-time", "rooms.texts-per-second", "rooms.updates-per-second",
        "keys.count", "keys.hand", "keys.lock", "keys.mute", "keys.mute-all", "keys.pin", "keys.record",
        "prompts.folder", "prompts.language",
        "recording.folder", "recording.maximum-minutes", "recording.minimum-free",
        "gateway.aliases", "gateway.callers", "gateway.chat-keys", "gateway.country-code", "gateway.credentials",
        "gateway.international-prefix", "gateway.maximum-accounts", "gateway.maximum-accounts-of-domain",
        "gateway.music-on-hold", "gateway.national-prefix", "gateway.numbers", "gateway.personal-accounts",
        "gateway.registrars", "gateway.registrations", "gateway.ring-time", "gateway.routes", "gateway.voicemail",
        "gateway.voicemail-on",
        "gateway.allow", "gateway.classes", "gateway.failures.limit", "gateway.failures.minutes",
        "gateway.failures.pause", "gateway.internal-digits", "gateway.maximum-duration", "gateway.quotas",
        "gateway.utc-offset", "sip.calls-per-second", "sip.trusted-calls-per-second",
        "media.addresses", "media.advertised-address", "media.gain-control", "media.ice-port", "media.loopback",
        "media.loudest", "media.opus-bit-rate", "media.opus-complexity", "media.pass-through", "media.rtp-ports",
        "media.srtp", "media.timeout", "media.workers",
        "ice.authorities", "ice.servers", "ice.shared-secret", "ice.verify", "ice.xmpp-server",
        "storage.path",
        "records.keep",
        "log.level",
    ]

    /// The keys of a YAML text that mean nothing, in order.
    static func unknown(inYAML text: String) throws -> [String] {
        guard let node = try Yams.compose(yaml: text) else { return [] }
        return leaves(of: node, under: "").filter {
            !keys.contains($0) && !RoomPolicies.isKey($0) && !Accounts.isKey($0) && !Trunks.isKey($0)
        }.sorted()
    }

    private static func leaves(of node: Node, under prefix: String) -> [String] {
        guard case .mapping(let mapping) = node else { return [prefix] }
        return mapping.flatMap { key, value in
            let name = key.string ?? "?"
            return leaves(of: value, under: prefix.isEmpty ? name : "\(prefix).\(name)")
        }
    }
}
