import Conference
import Primitives
import SIP

/// An account of ours at a registrar elsewhere, and how far its registration has come.
struct SIPLine: Alarmed {
    let account: LineAccount
    /// The user part of our Contact there.
    let token: String
    var client: RegistrationClient
    /// Whether it was registered when it was last heard of.
    var isRegistered = false
    /// The REGISTER that is not answered yet.
    var transaction: ClientTransactionID?
    /// The way to the registrar.
    var flow: SIPFlow?
    /// How often the registrar wants a keep-alive on its connection.
    var keepAlive: Duration?
    /// Where it was last found: calls that come from there are its calls.
    var addresses: Set<IPAddress> = []

    var nextWake: Instant? { client.nextWake }
}

/// All of them.
struct SIPLines {
    var table = AlarmTable<LineID, SIPLine>()
    var byToken: [String: LineID] = [:]

    var nextWake: Instant? { table.nextWake }
    var connections: Set<UInt64> { Set(table.values.values.compactMap(\.flow?.connection)) }

    func user(of line: LineID) -> DigestUser? { table[line]?.client.account.user }

    mutating func remove(_ line: LineID) {
        guard let old = table.removeValue(forKey: line) else { return }
        if byToken[old.token] == line { byToken[old.token] = nil }
    }

    mutating func connectionClosed(_ connection: UInt64, at now: Instant) {
        for (id, line) in table.values where line.flow?.connection == connection {
            table[id]?.flow?.connection = nil
            table[id]?.client.connectionLost(at: now)
        }
    }
}
