/// What somebody is to a room, whether in it or not (XEP-0045 section 5.2); outranking goes upwards.
public enum Affiliation: String, Sendable, Hashable, CaseIterable, Comparable {
    case outcast, none, member, admin, owner

    private var rank: Int {
        switch self {
        case .outcast: 0
        case .none: 1
        case .member: 2
        case .admin: 3
        case .owner: 4
        }
    }

    public static func < (a: Affiliation, b: Affiliation) -> Bool { a.rank < b.rank }

    /// Whether it makes a moderator of whoever has it.
    public var moderates: Bool { self >= .admin }
}

/// One entry of a room's lists.
public struct Affiliate: Sendable, Hashable {
    /// Bare; without a user for everybody of an XMPP domain.
    public var address: PeerAddress
    public var affiliation: Affiliation
    public var reason: String?

    public init(address: PeerAddress, affiliation: Affiliation, reason: String? = nil) {
        self.address = address
        self.affiliation = affiliation
        self.reason = reason
    }
}

/// A room's lists of owners, admins, members and outcasts, as they are stored.
struct Affiliations: Sendable, Hashable {
    /// Most entries of one room.
    static let limit = 1000

    private var entries: [PeerAddress: Affiliate] = [:]

    init(_ affiliates: [Affiliate] = []) {
        for affiliate in affiliates where affiliate.affiliation != .none {
            entries[affiliate.address.bare] = affiliate
        }
    }

    /// Of that very address; setting `.none` takes the entry away.
    subscript(_ address: PeerAddress) -> Affiliation { entries[address.bare]?.affiliation ?? .none }

    mutating func set(_ affiliate: Affiliate) {
        entries[affiliate.address.bare] = affiliate.affiliation == .none ? nil : affiliate
    }

    /// Of somebody: by address, else by domain.
    func affiliation(of address: PeerAddress) -> Affiliation {
        if let own = entries[address.bare] { return own.affiliation }
        guard address.network == .xmpp else { return .none }
        return entries[PeerAddress(.xmpp, user: "", host: address.host)]?.affiliation ?? .none
    }

    var count: Int { entries.count }

    func with(_ affiliation: Affiliation) -> [Affiliate] {
        entries.values.filter { $0.affiliation == affiliation }
            .sorted { ($0.address.host, $0.address.user) < ($1.address.host, $1.address.user) }
    }
}
