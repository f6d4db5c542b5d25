/// Who made which room by being the first to use it, for as long as it stands: so that nobody makes all there may be.
struct RoomMakers: Sendable {
    private var makers: [RoomName: PeerAddress] = [:]
    private var byMaker: [PeerAddress: Int] = [:]
    private var byHost: [String: Int] = [:]

    /// All of them, those that nobody in particular made too.
    var count: Int { makers.count }

    func count(of maker: PeerAddress) -> Int { byMaker[maker.bare] ?? 0 }

    func count(ofHost maker: PeerAddress) -> Int { byHost[maker.host] ?? 0 }

    mutating func made(_ room: RoomName, by maker: PeerAddress) {
        gone(room)
        let maker = maker.bare
        makers[room] = maker
        byMaker[maker, default: 0] += 1
        byHost[maker.host, default: 0] += 1
    }

    mutating func gone(_ room: RoomName) {
        guard let maker = makers.removeValue(forKey: room) else { return }
        byMaker[maker] = byMaker[maker].flatMap { $0 > 1 ? $0 - 1 : nil }
        byHost[maker.host] = byHost[maker.host].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}

extension Conference {
    /// Whether somebody may come to a room: it is there, or one more may be made. XMPP users may make so many each, and
    /// those of a domain that is not bridged a quarter of all together; SIP callers are bounded by their calls.
    func mayMake(_ name: RoomName, by maker: PeerAddress) -> Bool {
        if states[name] != nil { return true }
        guard makers.count < configuration.maximumRooms else { return false }
        guard maker.network == .xmpp else { return true }
        if makers.count(of: maker) >= configuration.maximumRoomsOfOne { return false }
        return configuration.bridgedDomains.contains(maker.host)
            || makers.count(ofHost: maker) < max(1, configuration.maximumRooms / 4)
    }
}
