import Primitives

extension ConferenceConfiguration {
    /// Hosts by which the gateway itself calls: those of routes and trunks, and where it registers.
    public var operatorHosts: Set<RegistrarHost> {
        var hosts: Set<RegistrarHost> = []
        for text in routes.map(\.host) + trunks.values.map(\.host) {
            if let host = RegistrarHost(text) { hosts.insert(host) }
        }
        for line in lines {
            hosts.insert(line.registrar)
            if let proxy = line.proxy { hosts.insert(proxy) }
        }
        return hosts
    }

    /// Whether a personal account may not be there: who has one would call as the operator does. One that
    /// `gateway.registrars` names itself may.
    func isOperators(_ host: RegistrarHost) -> Bool {
        guard !personalAccounts.names(host) else { return false }
        for own in operatorHosts {
            if own.name == host.name { return true }
            if let address = own.address, address.unmapped == host.address?.unmapped { return true }
        }
        return false
    }
}
