/// Who is in a room, in the order they came: found by number, by person, by name and by occupant without looking at
/// everybody, so that the thousandth to join costs what the tenth did.
public struct Roster: Sendable {
    /// Ascending by id, as ids are given out in the order people come.
    private var participants: [Participant] = []
    private var byPerson: [PeerAddress: ParticipantID] = [:]
    /// By name in lower case, as two names may not differ by case alone.
    private var byName: [String: ParticipantID] = [:]
    private var byEndpoint: [EndpointID: ParticipantID] = [:]
    private var byLeg: [LegID: EndpointID] = [:]
    /// MUC occupants by full JID.
    private var byOccupant: [PeerAddress: EndpointID] = [:]
    private var names = NameNumbers()

    public init() {}

    // MARK: Finding

    /// A participant by its number.
    public subscript(_ id: ParticipantID) -> Participant? { index(of: id).map { participants[$0] } }

    /// An endpoint and whose it is, by its number.
    public subscript(_ id: EndpointID) -> (participant: Participant, endpoint: Endpoint)? {
        guard let participant = byEndpoint[id].flatMap({ self[$0] }),
            let endpoint = participant.endpoints.first(where: { $0.id == id })
        else { return nil }
        return (participant, endpoint)
    }

    /// The endpoint that is a call by this leg.
    func endpoint(of leg: LegID) -> (participant: Participant, endpoint: Endpoint)? { byLeg[leg].flatMap { self[$0] } }

    /// The endpoint that a MUC occupant is, by full JID.
    func occupant(_ address: PeerAddress) -> (participant: Participant, endpoint: Endpoint)? {
        byOccupant[address].flatMap { self[$0] }
    }

    /// The participant whose address this is, with or without a resource; nil for who does not say who it is.
    func person(_ address: PeerAddress) -> Participant? {
        address.identifiesPerson ? byPerson[address.bare].flatMap { self[$0] } : nil
    }

    /// A participant by name, without regard to case.
    public func named(_ name: String) -> Participant? { byName[name.lowercased()].flatMap { self[$0] } }

    // MARK: Changing

    /// Somebody comes in.
    mutating func append(_ participant: Participant) {
        let place =
            participants.last.map { $0.id < participant.id } ?? true ? participants.count : search(participant.id)
        participants.insert(participant, at: place)
        if participant.address.identifiesPerson,
            byPerson[participant.address] == nil || participant.endpoints.allSatisfy(\.isAuthenticated)
        {
            byPerson[participant.address] = participant.id
        }
        byName[participant.name.lowercased()] = participant.id
        for endpoint in participant.endpoints { note(endpoint, of: participant.id) }
    }

    /// Somebody who is in comes by another way too.
    mutating func add(_ endpoint: Endpoint, to id: ParticipantID) {
        guard let index = index(of: id) else { return }
        participants[index].endpoints.append(endpoint)
        note(endpoint, of: id)
    }

    mutating func rename(_ id: ParticipantID, to name: String) {
        guard let index = index(of: id) else { return }
        forgetName(of: participants[index])
        participants[index].name = name
        byName[name.lowercased()] = id
    }

    /// Changes an endpoint in place: its state, not its address or what it is.
    /// - Returns: whether it is another than before.
    mutating func change(_ id: EndpointID, _ body: (inout Endpoint) -> Void) -> Bool {
        guard let index = byEndpoint[id].flatMap({ index(of: $0) }),
            let place = participants[index].endpoints.firstIndex(where: { $0.id == id })
        else { return false }
        let before = participants[index].endpoints[place]
        body(&participants[index].endpoints[place])
        return participants[index].endpoints[place] != before
    }

    /// An endpoint's call goes on by another leg.
    mutating func move(_ id: EndpointID, to leg: LegID) {
        guard let index = byEndpoint[id].flatMap({ index(of: $0) }),
            let place = participants[index].endpoints.firstIndex(where: { $0.id == id })
        else { return }
        if let old = participants[index].endpoints[place].leg { byLeg[old] = nil }
        participants[index].endpoints[place].kind = .call(leg)
        byLeg[leg] = id
    }

    /// Changes a participant in place: its role or its hand, not its name, address or endpoints.
    /// - Returns: whether it is another than before.
    @discardableResult
    mutating func change(_ id: ParticipantID, _ body: (inout Participant) -> Void) -> Bool {
        guard let index = index(of: id) else { return false }
        let before = participants[index]
        body(&participants[index])
        return participants[index] != before
    }

    /// Takes an endpoint out, and its participant with the last one.
    /// - Returns: both as they were.
    mutating func remove(_ id: EndpointID) -> (participant: Participant, endpoint: Endpoint)? {
        guard let found = self[id], let index = index(of: found.participant.id) else { return nil }
        byEndpoint[id] = nil
        if let leg = found.endpoint.leg { byLeg[leg] = nil } else { byOccupant[found.endpoint.address] = nil }
        if found.participant.endpoints.count > 1 {
            participants[index].endpoints.removeAll { $0.id == id }
        } else {
            participants.remove(at: index)
            forgetName(of: found.participant)
            if byPerson[found.participant.address] == found.participant.id {
                byPerson[found.participant.address] = nil
            }
        }
        return found
    }

    /// A name that nobody has, for somebody who would like to be called so.
    mutating func freeName(like wanted: String) -> String {
        names.free(like: wanted) { Roster.isReserved($0) || byName[$0.lowercased()] != nil }
    }

    /// Whether commands mean something else by it than somebody's name.
    static func isReserved(_ name: String) -> Bool { name.lowercased() == "all" }

    // MARK: Places

    private mutating func note(_ endpoint: Endpoint, of id: ParticipantID) {
        byEndpoint[endpoint.id] = id
        if let leg = endpoint.leg { byLeg[leg] = endpoint.id } else { byOccupant[endpoint.address] = endpoint.id }
    }

    private mutating func forgetName(of participant: Participant) {
        if byName[participant.name.lowercased()] == participant.id { byName[participant.name.lowercased()] = nil }
        names.freed(participant.name)
    }

    private func index(of id: ParticipantID) -> Int? {
        let place = search(id)
        return place < participants.count && participants[place].id == id ? place : nil
    }

    /// The place of the first participant whose number is not below this one.
    private func search(_ id: ParticipantID) -> Int {
        var (low, high) = (0, participants.count)
        while low < high {
            let middle = (low + high) / 2
            if participants[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Roster: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { participants.count }
    public subscript(position: Int) -> Participant { participants[position] }
}

extension Roster: Hashable, ExpressibleByArrayLiteral {
    public init(arrayLiteral participants: Participant...) { self.init(participants) }

    /// - Parameter participants: with different numbers, endpoints and names.
    public init(_ participants: some Sequence<Participant>) {
        for participant in participants { append(participant) }
    }

    public static func == (a: Roster, b: Roster) -> Bool { a.participants == b.participants }
    public func hash(into hasher: inout Hasher) { hasher.combine(participants) }
}
