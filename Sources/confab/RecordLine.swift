import Conference
import Primitives

/// One leg as JSON: times in milliseconds since 1970 (UTC), loss as a share, jitter in milliseconds; absent is not known.
struct RecordLine: Encodable {
    let number: Int64
    let protocolName: String
    let direction: String
    let address: String
    let name: String?
    let dialled: String
    let room: String?
    let bridge: Int64?
    let started: Int64
    let answered: Int64?
    let ended: Int64?
    let reason: String?
    let codecs: [String]?
    let packetsSent: Int64?
    let packetsReceived: Int64?
    let packetsLost: Int64?
    let packetsDecoded: Int64?
    let packetsRelayed: Int64?
    let packetsEncoded: Int64?
    let loss: Double?
    let jitter: Double?
    let numberClass: String?
    let payer: String?
    let trunk: String?

    enum CodingKeys: String, CodingKey {
        case number, direction, address, name, dialled, room, bridge, started, answered, ended, reason, codecs, loss
        case jitter, trunk
        case numberClass = "class"
        case payer = "charged-to"
        case protocolName = "protocol"
        case packetsSent = "packets-sent"
        case packetsReceived = "packets-received"
        case packetsLost = "packets-lost"
        case packetsDecoded = "packets-decoded"
        case packetsRelayed = "packets-relayed"
        case packetsEncoded = "packets-encoded"
    }

    init(_ call: CallRecord) {
        number = call.number
        protocolName = call.signalling.rawValue
        direction = call.direction.rawValue
        address = call.address
        name = call.name
        dialled = call.dialled
        room = call.room
        bridge = call.bridge
        started = call.started.milliseconds
        answered = call.answered?.milliseconds
        ended = call.ended?.milliseconds
        reason = call.reason
        codecs = call.media?.codecs
        packetsSent = call.media?.packetsSent
        packetsReceived = call.media?.packetsReceived
        packetsLost = call.media?.packetsLost
        packetsDecoded = call.media?.packetsDecoded
        packetsRelayed = call.media?.packetsRelayed
        packetsEncoded = call.media?.packetsEncoded
        loss = call.media.map { ($0.lossShare * 1e6).rounded() / 1e6 }
        jitter = call.media.map { Double($0.jitter) / 1000 }
        numberClass = call.numberClass
        payer = call.payer
        trunk = call.trunk
    }
}
