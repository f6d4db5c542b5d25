import Primitives
import Runtime
import SIP

/// How SIP is carried.
extension SettingsReader {
    func sip() throws -> Settings.SIP {
        let tls = try tls()
        var sip = Settings.SIP(
            listeningOn: try port("sip.port", default: 5060),
            maximumCalls: try int("sip.maximum-calls", default: 5000, in: 1...100_000), tls: tls,
            webSocket: try webSocket())
        sip.advertised = try onePerFamily("sip.advertised-address")
        let networks = strings("sip.local-networks")
        if !networks.isEmpty {
            sip.localNetworks = try networks.map { text in
                guard let network = IPNetwork(text) else {
                    throw SettingsMistake(
                        key: "sip.local-networks", problem: "has `\(text)`, which is not ADDRESS/LENGTH")
                }
                return network
            }
        }
        let routed = try routeParameters()
        sip.transports = routed.transports
        sip.security = try security(routed.offers)
        sip.dnsServers = try strings("sip.dns-servers").map(nameServer)
        return sip
    }

    /// Addresses that stand for ours in the eyes of peers.
    func onePerFamily(_ key: String) throws -> [IPAddress] {
        let found = try addresses(key, default: [])
        guard Set(found.map(\.isV6)).count == found.count else {
            throw SettingsMistake(key: key, problem: "has two addresses of one family; peers are told one")
        }
        return found
    }

    private func nameServer(_ text: String) throws -> SocketAddress {
        if let ip = IPAddress(text) { return SocketAddress(ip, 53) }
        guard let colon = text.lastIndex(of: ":"), let ip = IPAddress(text[..<colon]),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw SettingsMistake(key: "sip.dns-servers", problem: "has `\(text)`, which is not ADDRESS[:PORT]")
        }
        return SocketAddress(ip, port)
    }

    private func tls() throws -> Settings.SIP.TLS? {
        let (certificate, key) = (text("sip.tls.certificate"), text("sip.tls.key"))
        guard let certificate, let key else {
            if certificate == nil, key == nil { return nil }
            throw SettingsMistake(
                key: certificate == nil ? "sip.tls.certificate" : "sip.tls.key",
                problem: "is missing: TLS needs a certificate and its key")
        }
        return Settings.SIP.TLS(
            port: try port("sip.tls.port", default: 5061), certificate: certificate, key: key,
            verify: try bool("sip.tls.verify", default: true), authorities: text("sip.tls.authorities"))
    }

    private func webSocket() throws -> Settings.SIP.WebSocket? {
        guard try bool("sip.websocket.enabled", default: false) else { return nil }
        return Settings.SIP.WebSocket(
            port: try port("sip.websocket.port", default: 5066),
            tlsPort: try port("sip.websocket.tls-port", default: 5067), origins: strings("sip.websocket.origins"))
    }
}
