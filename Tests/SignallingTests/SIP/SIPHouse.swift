import Conference
import MediaDescription
import MediaSecurity
import Primitives
import SIP
import Signalling

/// The SIP adapter, the real domain and a media recorder on a virtual clock; whoever rings is played by the test.
struct SIPHouse {
    static let address = SocketAddress(.loopback4, 5060)
    var adapter: SIPAdapter
    var conference: Conference
    let media = SIPMediaRecorder()
    private(set) var now = Instant.zero
    /// Every message the house sent, in order.
    private(set) var sent: [SIPMessage] = []
    private(set) var flows: [SIPFlow] = []
    private(set) var commands: [Command] = []
    /// Effects that concern the other network.
    private(set) var effects: [Effect] = []
    private(set) var lookups: [SIPLookup] = []
    private(set) var notices: [SIPNotice] = []
    /// Accounts whose bindings were to be kept.
    private(set) var registrations: [String] = []

    init(
        createsRooms: Bool = true, factory: RoomName? = nil, maximumParticipants: Int = 1000,
        accounts: SIPAccounts? = nil, asking authentication: SIPAuthentication = .calls,
        trusting trusted: [IPNetwork] = [],
        _ change: (inout SIPAdapterConfiguration) -> Void = { _ in }
    ) {
        var configuration = ConferenceConfiguration(
            talkDomain: "talk.localhost", roomsDomain: "rooms.localhost", gatewayDomain: "sip.localhost",
            bridgedDomains: ["localhost"], rooms: [RoomName("demo")].compactMap(\.self),
            createsRooms: createsRooms,
            routes: [
                GatewayRoute(pattern: "1??", host: "127.0.0.1:5080"),
                GatewayRoute(pattern: "2??", host: "pbx.example.org"),
            ])
        configuration.factory = factory
        configuration.maximumParticipants = maximumParticipants
        configuration.accounts = accounts.map { accounts in
            AccountDirectory(
                domain: accounts.domain,
                displayNames: Dictionary(
                    uniqueKeysWithValues: accounts.secrets.keys.map { ($0, accounts.displayNames[$0]) }))
        }
        configuration.wantsProof = accounts != nil && authentication != .none
        conference = Conference(configuration: configuration, entropy: .seeded(1))
        var settings = SIPAdapterConfiguration(localAddress: { _, _ in SIPHouse.address })
        settings.accounts = accounts
        settings.authentication = authentication
        settings.trustedPeers = trusted
        if accounts != nil { settings.hashing = .openSSL }
        change(&settings)
        adapter = SIPAdapter(configuration: settings, media: media, entropy: .seeded(2))
    }

    private var wall: WallTime { WallTime(milliseconds: now.nanoseconds / 1_000_000) }

    /// Feeds a message, carries out what follows, and gives what was sent because of it.
    @discardableResult
    mutating func receive(_ message: SIPMessage, from remote: SocketAddress) -> [SIPMessage] {
        receive(message.bytes, on: SIPFlow(.udp, local: SIPHouse.address, remote: remote))
    }

    @discardableResult
    mutating func receive(_ bytes: [UInt8], on flow: SIPFlow) -> [SIPMessage] {
        let before = sent.count
        settle(adapter.receive(bytes, on: flow, conference: conference, at: now, wall: wall))
        return Array(sent[before...])
    }

    /// Hands a command of another adapter to the domain.
    @discardableResult
    mutating func handle(_ command: Command) -> [SIPMessage] {
        let before = sent.count
        settle([command])
        return Array(sent[before...])
    }

    @discardableResult
    mutating func fail(_ leg: LegID, _ reason: EndReason) -> [SIPMessage] {
        let before = sent.count
        settle(adapter.mediaFailed(leg, reason, at: now))
        return Array(sent[before...])
    }

    /// Answers the questions of a search: those for addresses with the same ones, others with nothing.
    mutating func resolve(_ lookup: SIPLookup, _ addresses: [IPAddress]) {
        var search = lookup.search
        while search.question != nil { search.take(.addresses(addresses)) }
        settle(adapter.resolved(lookup, search.targets, at: now))
    }

    mutating func resolve(_ lookup: SIPLookup, to targets: [SIPTarget]) {
        settle(adapter.resolved(lookup, targets, at: now))
    }

    mutating func disconnect(_ connection: UInt64) {
        settle(adapter.connectionClosed(connection, conference: conference, at: now, wall: wall))
    }

    @discardableResult
    mutating func unreachable(_ remote: SocketAddress, by transport: SIPTransport = .udp) -> [SIPMessage] {
        let before = sent.count
        settle(adapter.unreachable(remote, by: transport, conference: conference, at: now, wall: wall))
        return Array(sent[before...])
    }

    /// Lets time pass; gives what was sent in it.
    @discardableResult
    mutating func run(for duration: Duration) -> [SIPMessage] {
        let before = sent.count
        let end = now + duration
        while let due = [adapter.nextWake, conference.nextWake].compactMap(\.self).min(), due <= end {
            now = max(now, due)
            settle([], conference.wake(at: now, wall: wall))
            settle(adapter.wake(conference: conference, at: now, wall: wall))
        }
        now = end
        return Array(sent[before...])
    }

    private mutating func settle(_ first: [Command], _ due: [Effect] = []) {
        var pending = first
        for effect in due {
            effects.append(effect)
            pending += adapter.perform(effect, conference: conference, at: now, wall: wall)
        }
        while !pending.isEmpty {
            let command = pending.removeFirst()
            commands.append(command)
            for effect in conference.handle(command, at: now, wall: wall) {
                effects.append(effect)
                pending += adapter.perform(effect, conference: conference, at: now, wall: wall)
            }
        }
        let output = adapter.drain()
        for packet in output.packets {
            guard let message = try? SIPMessage(parsing: packet.bytes) else { continue }
            sent.append(message)
            flows.append(packet.flow)
        }
        lookups += output.lookups
        notices += output.notices
        registrations += output.registrations
    }

    var demo: Room? { RoomName("demo").flatMap { conference.room($0) } }

    var ends: [EndReason] { commands.compactMap { if case .legEnded(_, let reason) = $0 { reason } else { nil } } }
}
