import Primitives

/// Source address to a number, by open addressing in memory of its own: looked up for each packet on the shared port.
struct AddressTable: ~Copyable {
    private struct Slot {
        var high: UInt64
        var low: UInt64
        /// Port and family; 0 is empty, 1 a grave.
        var tag: UInt32
        var value: Int32
    }

    private static let empty: UInt32 = 0
    private static let grave: UInt32 = 1

    private var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    private(set) var count = 0
    private var used = 0

    init() {
        capacity = 64
        slots = AddressTable.allocate(capacity)
    }

    deinit { slots.deallocate() }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
        slots.initialize(repeating: Slot(high: 0, low: 0, tag: empty, value: 0), count: capacity)
        return slots
    }

    private static func key(_ address: SocketAddress) -> (high: UInt64, low: UInt64, tag: UInt32) {
        switch address.ip {
        case .v4(let bits): (0, UInt64(bits), 0x0002_0000 | UInt32(address.port))
        case .v6(let high, let low): (high, low, 0x0004_0000 | UInt32(address.port))
        }
    }

    private func place(_ key: (high: UInt64, low: UInt64, tag: UInt32)) -> Int {
        var mixed = key.high &* 0x9e37_79b9_7f4a_7c15 ^ key.low &* 0xc2b2_ae3d_27d4_eb4f ^ UInt64(key.tag)
        mixed ^= mixed >> 29
        mixed = mixed &* 0xbf58_476d_1ce4_e5b9
        return Int(truncatingIfNeeded: mixed >> 32) & (capacity - 1)
    }

    private func find(_ key: (high: UInt64, low: UInt64, tag: UInt32)) -> Int? {
        var index = place(key)
        while slots[index].tag != AddressTable.empty {
            if slots[index].tag == key.tag, slots[index].low == key.low, slots[index].high == key.high { return index }
            index = (index + 1) & (capacity - 1)
        }
        return nil
    }

    subscript(_ address: SocketAddress) -> Int32? { find(AddressTable.key(address)).map { slots[$0].value } }

    mutating func set(_ address: SocketAddress, _ value: Int32) {
        let key = AddressTable.key(address)
        if let index = find(key) {
            slots[index].value = value
            return
        }
        if (used + 1) * 4 > capacity * 3 { rebuild() }
        var index = place(key)
        while slots[index].tag > AddressTable.grave { index = (index + 1) & (capacity - 1) }
        if slots[index].tag == AddressTable.empty { used += 1 }
        slots[index] = Slot(high: key.high, low: key.low, tag: key.tag, value: value)
        count += 1
    }

    mutating func remove(_ address: SocketAddress) {
        guard let index = find(AddressTable.key(address)) else { return }
        slots[index].tag = AddressTable.grave
        count -= 1
    }

    private mutating func rebuild() {
        let old = slots
        let oldCapacity = capacity
        while (count + 1) * 2 > capacity { capacity *= 2 }
        slots = AddressTable.allocate(capacity)
        used = count
        for index in 0..<oldCapacity where old[index].tag > AddressTable.grave {
            var place = place((old[index].high, old[index].low, old[index].tag))
            while slots[place].tag != AddressTable.empty { place = (place + 1) & (capacity - 1) }
            slots[place] = old[index]
        }
        old.deallocate()
    }
}
