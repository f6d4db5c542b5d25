import CLinux
import Glibc
import Primitives

/// Memory for as many datagrams as one `recvmmsg` takes from a socket that many share.
struct DatagramBurst: ~Copyable {
    static let capacity = 32

    private let messages: UnsafeMutablePointer<confab_message>
    private let parts: UnsafeMutablePointer<iovec>
    private let sources: UnsafeMutablePointer<sockaddr_storage>
    private let control: UnsafeMutableRawPointer
    private let bytes: UnsafeMutableRawPointer
    private static let controlSize = Int(CONFAB_CONTROL_SIZE)

    init() {
        messages = .allocate(capacity: Self.capacity)
        parts = .allocate(capacity: Self.capacity)
        sources = .allocate(capacity: Self.capacity)
        sources.initialize(repeating: sockaddr_storage(), count: Self.capacity)
        control = .allocate(byteCount: Self.capacity * Self.controlSize, alignment: 16)
        bytes = .allocate(byteCount: Self.capacity * PacketRing.slotSize, alignment: 64)
        for index in 0..<Self.capacity {
            (parts + index).initialize(
                to: iovec(iov_base: bytes + index * PacketRing.slotSize, iov_len: PacketRing.slotSize))
            var message = confab_message()
            message.header.msg_name = UnsafeMutableRawPointer(sources + index)
            message.header.msg_iov = parts + index
            message.header.msg_iovlen = 1
            message.header.msg_control = control + index * Self.controlSize
            (messages + index).initialize(to: message)
        }
    }

    deinit {
        messages.deallocate()
        parts.deallocate()
        sources.deallocate()
        control.deallocate()
        bytes.deallocate()
    }

    /// Takes what waits, up to `capacity`.
    /// - Returns: how many datagrams there are.
    mutating func receive(from descriptor: UDPDescriptor) -> Int {
        for index in 0..<Self.capacity {
            messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
            messages[index].header.msg_controllen = Self.controlSize
        }
        while true {
            let count = confab_receive_many(descriptor.number, messages, UInt32(Self.capacity), Int32(MSG_DONTWAIT))
            if count >= 0 { return min(Int(count), Self.capacity) }
            if errno != ECONNREFUSED, errno != EINTR { return 0 }
        }
    }

    /// One of those that came, in place until the next `receive`; nil for an address of another family.
    subscript(_ index: Int) -> (
        memory: UnsafeMutableRawBufferPointer, length: Int, source: SocketAddress, stamp: Int64
    )? {
        guard index >= 0, index < Self.capacity, let source = SocketEndpoint(sources + index) else { return nil }
        let length = min(Int(messages[index].length), PacketRing.slotSize)
        return (
            UnsafeMutableRawBufferPointer(start: bytes + index * PacketRing.slotSize, count: PacketRing.slotSize),
            length, source.address, confab_arrival(&messages[index].header)
        )
    }
}
