import SIP

/// The last dialogs that ended, so that who refers to one of them learns that it is over.
struct EndedDialogs {
    private static let limit = 512
    private var order: [DialogID] = []
    private var known: Set<DialogID> = []
    private var next = 0

    func contains(_ id: DialogID) -> Bool { known.contains(id) }

    mutating func insert(_ id: DialogID) {
        guard known.insert(id).inserted else { return }
        guard order.count == EndedDialogs.limit else { return order.append(id) }
        known.remove(order[next])
        order[next] = id
        next = (next + 1) % EndedDialogs.limit
    }
}
