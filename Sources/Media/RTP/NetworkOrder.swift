/// Big-endian reads; the caller has checked that the bytes are there.
extension UnsafeRawBufferPointer {
    func u16(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset + 2 <= count)
        return UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    func u32(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset + 4 <= count)
        return UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The part of it that begins at `offset`, as a buffer of its own.
    func part(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer {
        precondition(offset >= 0 && length >= 0 && offset + length <= count)
        return UnsafeRawBufferPointer(rebasing: self[offset..<offset + length])
    }
}

/// Writes a packet in network order into memory that is there already; past its end nothing is written, and
/// `overflowed` says so.
struct PacketWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var offset = 0
    private(set) var overflowed = false

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    private mutating func room(_ count: Int) -> Bool {
        if overflowed || memory.count - offset < count {
            overflowed = true
            return false
        }
        return true
    }

    mutating func u8(_ value: UInt8) {
        guard room(1) else { return }
        memory[offset] = value
        offset += 1
    }

    mutating func u16(_ value: UInt16) {
        guard room(2) else { return }
        memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
        offset += 2
    }

    mutating func u32(_ value: UInt32) {
        guard room(4) else { return }
        memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
        offset += 4
    }

    mutating func pad(to alignment: Int) {
        while !overflowed, !offset.isMultiple(of: alignment) { u8(0) }
    }

    /// Overwrites two bytes written before.
    func patch(_ value: UInt16, at place: Int) {
        guard place >= 0, place + 2 <= offset else { return }
        memory.storeBytes(of: value.bigEndian, toByteOffset: place, as: UInt16.self)
    }
}
