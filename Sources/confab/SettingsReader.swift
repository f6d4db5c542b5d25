import Conference
import Configuration
import Logging
import Media
import MediaEngine
import MediaSecurity
import Primitives
import Runtime

/// A setting that does not say what it must.
struct SettingsMistake: Error, CustomStringConvertible {
    var key: String
    var problem: String
    var description: String { "\(key) \(problem)" }
}

/// Turns keys and values into `Settings`, or says which key is wrong and why.
struct SettingsReader {
    let reader: ConfigReader

    init(_ reader: ConfigReader) { self.reader = reader }

    func settings(
        listen: [String], withoutXMPP: Bool, policies: RoomPolicies = RoomPolicies(), accounts: Accounts = Accounts(),
        trunks: Trunks = Trunks()
    ) throws -> Settings {
        let talk = try domain("xmpp.talk", default: "talk.localhost")
        var settings = Settings(
            listen: try listen.isEmpty
                ? addresses("listen", default: ["127.0.0.1", "::1"])
                : listen.map { try address($0, key: "--listen") },
            sip: try focused(try sip()),
            xmpp: try withoutXMPP || !bool("xmpp.enabled", default: true) ? nil : xmpp(),
            media: try media(),
            conference: try conference(talk, policies),
            storagePath: string("storage.path", default: "/var/lib/confab/confab.sqlite"))
        try self.accounts(accounts, into: &settings)
        try self.trunks(trunks, into: &settings)
        try calling(into: &settings)
        settings.traversal = try traversal()
        settings.updateInterval = .seconds(1) / (try int("rooms.updates-per-second", default: 5, in: 1...50))
        settings.archiveLength = try int("rooms.archive", default: settings.archiveLength, in: 0...1_000_000)
        settings.recordDays = try int("records.keep", default: settings.recordDays, in: 0...36_500)
        return settings
    }

    private func conference(_ talk: String, _ policies: RoomPolicies) throws -> ConferenceConfiguration {
        var conference = ConferenceConfiguration(
            talkDomain: talk,
            roomsDomain: try domain("xmpp.rooms", default: "rooms.localhost"),
            gatewayDomain: try domain("xmpp.gateway", default: "sip.localhost"),
            bridgedDomains: Set(strings("xmpp.bridged-domains").map { $0.lowercased() }),
            rooms: try strings("rooms.permanent").map(room),
            createsRooms: try bool("rooms.create-on-use", default: true),
            historyLength: try int("rooms.history", default: 20, in: 0...1000),
            maximumParticipants: try int("rooms.maximum-participants", default: 1000, in: 1...100_000),
            policies: policies.named, policyOnUse: policies.onUse,
            keys: try keys(), announcements: try announcements())
        conference.inCall = try inCall()
        conference.records = try recording() != nil
        conference.textsPerSecond = try int("rooms.texts-per-second", default: 10, in: 1...1000)
        return try limited(focused(conference))
    }

    func logLevel() throws -> Logger.Level {
        let text = string("log.level", default: "info")
        guard let level = Logger.Level(rawValue: text) else {
            throw SettingsMistake(
                key: "log.level", problem: "is `\(text)`; it may be trace, debug, info, notice, warning, error")
        }
        return level
    }

    private func xmpp() throws -> Settings.XMPP {
        guard let secret = text("xmpp.secret"), !secret.isEmpty else {
            throw SettingsMistake(key: "xmpp.secret", problem: "is missing: the component secret of the XMPP server")
        }
        var xmpp = Settings.XMPP(
            componentPort: try port("xmpp.port", default: 5347), of: string("xmpp.server", default: "127.0.0.1"),
            secret: Redacted(secret), usesTLS: try bool("xmpp.tls", default: false))
        xmpp.limits = try xmppLimits()
        return xmpp
    }

    private func media() throws -> MediaSettings {
        let workers = try int("media.workers", default: 0, in: 0...256)
        var media = MediaSettings(
            addresses: try addresses("media.addresses", default: []),
            loopback: try bool("media.loopback", default: false),
            icePort: try port("media.ice-port", default: 10_000),
            rtpPorts: try range("media.rtp-ports", default: 16_384...19_999), workers: workers == 0 ? nil : workers,
            srtp: try srtp(), mix: try mix())
        media.advertised = try onePerFamily("media.advertised-address")
        if media.advertised.isEmpty { media.advertised = try onePerFamily("sip.advertised-address") }
        let timeout = try int("media.timeout", default: 120, in: 0...86_400)
        media.timeout = timeout == 0 ? nil : .seconds(timeout)
        media.recording = try recording()
        media.promptFolder = string("prompts.folder", default: media.promptFolder)
        media.holdMusic = holdMusic()
        media.promptLanguage = try language("prompts.language", default: media.promptLanguage)
        return media
    }

    private func srtp() throws -> SRTPBackend {
        let text = string("media.srtp", default: SRTPBackend.openSSL.rawValue)
        guard let backend = SRTPBackend(rawValue: text) else {
            throw SettingsMistake(key: "media.srtp", problem: "is `\(text)`; it may be openssl or libsrtp2")
        }
        return backend
    }

    private func mix() throws -> MixConfiguration {
        var mix = MixConfiguration()
        mix.loudest = try int("media.loudest", default: mix.loudest, in: 3...6)
        mix.gainControl = try bool("media.gain-control", default: mix.gainControl)
        mix.passThrough = try bool("media.pass-through", default: mix.passThrough)
        mix.opusBitRate = try int("media.opus-bit-rate", default: mix.opusBitRate, in: 8000...128_000)
        mix.opusComplexity = try int("media.opus-complexity", default: mix.opusComplexity, in: 0...10)
        return mix
    }

    private func room(_ text: String) throws -> RoomName {
        guard let name = RoomName(text) else {
            throw SettingsMistake(key: "rooms.permanent", problem: "names `\(text)`, which cannot name a room")
        }
        return name
    }
}
