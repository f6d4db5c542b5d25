/// Which participant a datagram is for, by the socket it came to and the IPv4 address it came from. A fixed table with
/// open addressing: nothing is allocated when a packet is looked up.
struct AddressMap {
    private var keys: [UInt64]
    private var values: [Int32]
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = Array(repeating: 0, count: size)
        values = Array(repeating: -1, count: size)
        mask = size - 1
    }

    /// Address and port in host order; the socket's number below 65535.
    static func key(_ address: UInt32, _ port: UInt16, socket: Int) -> UInt64 {
        UInt64(address) << 32 | UInt64(port) << 16 | UInt64(UInt16(truncatingIfNeeded: socket &+ 1))
    }

    subscript(key: UInt64) -> Int32? {
        get {
            var place = AddressMap.hash(key) & mask
            while keys[place] != 0 {
                if keys[place] == key { return values[place] }
                place = (place &+ 1) & mask
            }
            return nil
        }
    }

    /// Later entries for one key replace earlier ones. False when the table is full.
    @discardableResult
    mutating func insert(_ key: UInt64, _ value: Int32) -> Bool {
        var place = AddressMap.hash(key) & mask
        for _ in 0...mask {
            if keys[place] == 0 || keys[place] == key {
                keys[place] = key
                values[place] = value
                return true
            }
            place = (place &+ 1) & mask
        }
        return false
    }

    private static func hash(_ key: UInt64) -> Int {
        var bits = key &* 0x9e37_79b9_7f4a_7c15
        bits ^= bits >> 29
        return Int(truncatingIfNeeded: bits >> 1)
    }
}
