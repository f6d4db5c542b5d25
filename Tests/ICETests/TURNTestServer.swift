import Primitives

@testable import ICE

extension Hashing {
    /// MD5 stands in for itself as another function: both sides of a test use it.
    static let turnTest = Hashing(
        md5: { Array(Hashing.test.sha1($0).prefix(16)) }, sha1: Hashing.test.sha1, sha256: { _ in [] },
        hmacSHA1: Hashing.test.hmacSHA1)
}

/// A TURN server for one client, as RFC 8656 describes it.
struct TURNTestServer {
    struct Allocation {
        var relayed: [SocketAddress]
        var expires: Instant
        var username: String
        var permissions: [IPAddress: Instant] = [:]
        var channels: [UInt16: (peer: SocketAddress, expires: Instant)] = [:]
    }

    var users = ["confab": "secret"]
    var realm = "turn.example.org"
    var nonce = "nonce-1"
    var relayed: [SocketAddress] = ["203.0.113.7:49152", "[2001:db8:7::1]:49152"]
    let client: SocketAddress = "192.0.2.1:10000"
    var lifetime: Duration = .seconds(600)
    var forbidden: [IPAddress] = []
    /// Allocations are answered with this error.
    var refusal: Int?
    /// There are IPv6 relays alone.
    var isIPv6Only = false
    var alternate: SocketAddress?
    /// Signs nothing, as one who is not the server.
    var isImpostor = false
    var allocation: Allocation?
    /// No nonce is ever good enough.
    var isNeverContent = false
    /// A request that comes again gets the answer it had (RFC 8656 section 7.2).
    private var answers: [STUNTransactionID: [UInt8]] = [:]
    /// Requests by method, those that were answered with 401 or 438 included.
    var requests: [UInt16: Int] = [:]
    /// What was given to peers.
    var delivered: [(peer: SocketAddress, bytes: [UInt8])] = []
    /// Of those, as ChannelData.
    var byChannel = 0

    /// - Returns: the answer.
    mutating func receive(_ bytes: [UInt8], now: Instant) -> [UInt8]? {
        expire(now)
        if let data = ChannelData(decoding: bytes) {
            guard let channel = allocation?.channels[data.channel] else { return nil }
            byChannel += 1
            deliver(data.payload, to: channel.peer)
            return nil
        }
        guard let message = try? STUNMessage(decoding: bytes) else { return nil }
        if message.messageClass == .indication, message.method == TURN.send {
            if let peer = message.peerAddress, let payload = message.payload { deliver(payload, to: peer) }
            return nil
        }
        guard message.messageClass == .request else { return nil }
        if let known = answers[message.transactionID] { return known }
        requests[message.method, default: 0] += 1
        let bytes = answer(message, now)
        answers[message.transactionID] = bytes
        return bytes
    }

    /// A peer's datagram on its way to the client; nil when it has no permission.
    mutating func relay(_ bytes: [UInt8], from peer: SocketAddress, now: Instant) -> [UInt8]? {
        expire(now)
        guard let allocation, allocation.permissions[peer.ip] != nil else { return nil }
        if let channel = allocation.channels.first(where: { $0.value.peer == peer }) {
            return ChannelData(channel: channel.key, payload: bytes).encoded
        }
        let id = STUNTransactionID(high: 1, low: 2)
        return STUNMessage(.indication, method: TURN.data, id, [.peerAddress(peer, id), .payload(bytes)])
            .encoded(key: nil, hashing: .turnTest, fingerprint: false)
    }

    private mutating func deliver(_ bytes: [UInt8], to peer: SocketAddress) {
        guard allocation?.permissions[peer.ip] != nil else { return }
        delivered.append((peer, bytes))
    }

    private mutating func expire(_ now: Instant) {
        guard var allocation else { return }
        allocation.permissions = allocation.permissions.filter { $0.value > now }
        allocation.channels = allocation.channels.filter { $0.value.expires > now }
        self.allocation = allocation.expires > now ? allocation : nil
    }

    private mutating func answer(_ request: STUNMessage, _ now: Instant) -> [UInt8] {
        var name: String?
        for case .username(let text) in request.attributes { name = text }
        guard let name, request.integrity != nil else { return refuse(request, 401, challenges: true) }
        let key = Hashing.turnTest.md5(Array("\(name):\(realm):\(users[name] ?? "")".utf8))
        guard users[name] != nil, request.isAuthentic(key: key, hashing: .turnTest) else {
            return refuse(request, 401, challenges: true)
        }
        guard request.nonce == nonce, !isNeverContent else { return refuse(request, 438, challenges: true) }
        if let allocation, allocation.username != name { return refuse(request, 441, key: key) }
        switch request.method {
        case TURN.allocate:
            if let alternate {
                return encode(
                    STUNMessage(
                        .error, method: request.method, request.transactionID,
                        [.errorCode(300, reason: "Try Alternate"), .alternateServer(alternate)]), key)
            }
            if let refusal { return refuse(request, refusal, key: key) }
            let wantsIPv6 = request.attributes.contains(.requestedIPv6)
            if isIPv6Only, !wantsIPv6 { return refuse(request, 440, key: key) }
            let relayed = relayed.filter { !wantsIPv6 || $0.ip.isV6 }
            guard allocation == nil else { return refuse(request, 437, key: key) }
            allocation = Allocation(relayed: relayed, expires: now + lifetime, username: name)
            return succeed(
                request,
                relayed.map { .relayedAddress($0, request.transactionID) } + [
                    .xorMappedAddress(client), .lifetime(seconds(lifetime)),
                ], key)
        case TURN.refresh:
            guard allocation != nil else { return refuse(request, 437, key: key) }
            let wanted = request.lifetime ?? 600
            if wanted == 0 { allocation = nil } else { allocation?.expires = now + lifetime }
            return succeed(request, [.lifetime(wanted == 0 ? 0 : seconds(lifetime))], key)
        case TURN.createPermission:
            guard allocation != nil, let peer = request.peerAddress else { return refuse(request, 437, key: key) }
            if forbidden.contains(peer.ip) { return refuse(request, 403, key: key) }
            allocation?.permissions[peer.ip] = now + .seconds(300)
            return succeed(request, [], key)
        case TURN.channelBind:
            guard let allocation, let peer = request.peerAddress else { return refuse(request, 437, key: key) }
            var number: UInt16 = 0
            for case .other(TURN.Attribute.channelNumber, let value) in request.attributes where value.count == 4 {
                number = UInt16(value[0]) << 8 | UInt16(value[1])
            }
            let taken = allocation.channels.contains { ($0.key == number) != ($0.value.peer == peer) }
            if taken || !ChannelData.numbers.contains(number) { return refuse(request, 400, key: key) }
            if forbidden.contains(peer.ip) { return refuse(request, 403, key: key) }
            self.allocation?.channels[number] = (peer, now + .seconds(600))
            self.allocation?.permissions[peer.ip] = now + .seconds(300)
            return succeed(request, [], key)
        default: return refuse(request, 400, key: key)
        }
    }

    private func seconds(_ duration: Duration) -> UInt32 { UInt32(duration.nanoseconds / 1_000_000_000) }

    private func succeed(_ request: STUNMessage, _ attributes: [STUNAttribute], _ key: [UInt8]) -> [UInt8] {
        encode(STUNMessage(.success, method: request.method, request.transactionID, attributes), key)
    }

    private func refuse(_ request: STUNMessage, _ code: Int, challenges: Bool = false, key: [UInt8]? = nil) -> [UInt8] {
        var attributes: [STUNAttribute] = [.errorCode(code, reason: "No")]
        if challenges { attributes += [.realm(realm), .nonce(nonce)] }
        return encode(STUNMessage(.error, method: request.method, request.transactionID, attributes), key)
    }

    private func encode(_ message: STUNMessage, _ key: [UInt8]?) -> [UInt8] {
        message.encoded(key: isImpostor ? nil : key, hashing: .turnTest, fingerprint: true)
    }
}
