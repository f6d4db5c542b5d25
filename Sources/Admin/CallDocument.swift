import Conference
import Primitives

/// A call as the API shows it.
struct CallDocument: Encodable {
    struct Address: Encodable {
        let address: String
        let network: String

        init(_ address: PeerAddress) {
            self.address = address.description
            network = address.network.rawValue
        }
    }

    struct Participant: Encodable {
        let leg: String
        let address: String
        let network: String
        let name: String?
        let status: String
        let reason: String?
    }

    let id: String
    let state: String
    let caller: Address
    let callee: Address
    let dialled: String
    let began: String
    let connected: String?
    let room: String?
    let participants: [Participant]

    init(_ call: OngoingCall) {
        id = call.id.text
        state = call.state.rawValue
        caller = Address(call.caller)
        callee = Address(call.callee)
        dialled = call.dialled.description
        began = call.began.iso8601
        connected = call.connected?.iso8601
        room = call.room?.text
        participants = call.parties.map { party in
            Participant(
                leg: party.leg.description, address: party.address.description, network: party.address.network.rawValue,
                name: party.name, status: party.status.rawValue, reason: party.reason?.recordWord)
        }
    }
}

/// All of them.
struct CallList: Encodable {
    let calls: [CallDocument]
}

/// A third is being called in.
struct AddedParticipant: Encodable {
    let detail: String
    let call: CallDocument?
}

/// Who is to be called in.
struct WantedParticipant: Decodable {
    let address: String
}
