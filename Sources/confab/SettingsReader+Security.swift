import Primitives
import Runtime
import SIP
import Signalling

/// How SIP's media is protected, and what stands behind the hosts of routes.
extension SettingsReader {
    func security(_ offers: [String: SIPMediaSecurity.Offer]) throws -> SIPMediaSecurity {
        let key = (least: "sip.least-security", offer: "sip.offer-security")
        let text = string(key.least, default: "none")
        guard let least = SIPMediaSecurity.Least(rawValue: text) else {
            throw SettingsMistake(
                key: key.least,
                problem: "is `\(text)`; it may be \(SettingsReader.names(of: SIPMediaSecurity.Least.self))")
        }
        let usual: SIPMediaSecurity.Offer =
            switch least {
            case .none: .plain
            case .encrypted: .sdes
            case .protectedKeys, .dtls: .dtls
            }
        let name = string(key.offer, default: usual.rawValue)
        guard let offer = SIPMediaSecurity.Offer(rawValue: name) else {
            throw SettingsMistake(
                key: key.offer,
                problem: "is `\(name)`; it may be \(SettingsReader.names(of: SIPMediaSecurity.Offer.self))")
        }
        let security = SIPMediaSecurity(offer: offer, offers: offers, least: least)
        if let weak = security.offersBelowLeast.first {
            throw SettingsMistake(
                key: key.offer,
                problem: "or a route says `\(weak.rawValue)`, which is less than \(key.least), `\(text)`")
        }
        return security
    }

    /// `;transport=` and `;security=` behind the hosts of routes.
    func routeParameters() throws -> (transports: [String: SIPTransport], offers: [String: SIPMediaSecurity.Offer]) {
        var transports: [String: SIPTransport] = [:]
        var offers: [String: SIPMediaSecurity.Offer] = [:]
        for route in strings("gateway.routes") {
            let parts = (route.split(separator: " ").last ?? "").split(separator: ";")
            guard let host = parts.first?.lowercased() else { continue }
            for parameter in parts.dropFirst() {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                let value = pair.count == 2 ? String(pair[1]) : ""
                if pair.first == "transport", let transport = SIPTransport(rawValue: value),
                    [.udp, .tcp, .tls].contains(transport), host != "*"
                {
                    transports[host] = transport
                } else if pair.first == "security", let offer = SIPMediaSecurity.Offer(rawValue: value), host != "*" {
                    offers[host] = offer
                } else {
                    throw SettingsMistake(
                        key: "gateway.routes",
                        problem: """
                            has `\(route)`; behind a host may be ;transport=udp, tcp or tls, and ;security= with \
                            \(SettingsReader.names(of: SIPMediaSecurity.Offer.self))
                            """)
                }
            }
        }
        return (transports, offers)
    }

    private static func names<T: RawRepresentable<String> & CaseIterable>(of _: T.Type) -> String {
        let names = T.allCases.map(\.rawValue)
        return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }
}
