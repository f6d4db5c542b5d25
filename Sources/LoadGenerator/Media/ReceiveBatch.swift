import CLinux
import CLoadShim
import Glibc

/// Memory for datagrams that are read in one call, with their sources and arrival times.
struct ReceiveBatch: ~Copyable {
    static let capacity = 64
    private static let size = 1600
    private static let controlSize = 64

    private let memory: UnsafeMutableRawPointer
    private let control: UnsafeMutableRawPointer
    private let messages: UnsafeMutablePointer<confab_message>
    private let parts: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_in>

    init() {
        let capacity = ReceiveBatch.capacity
        memory = .allocate(byteCount: capacity * ReceiveBatch.size, alignment: 64)
        control = .allocate(byteCount: capacity * ReceiveBatch.controlSize, alignment: 64)
        messages = .allocate(capacity: capacity)
        parts = .allocate(capacity: capacity)
        names = .allocate(capacity: capacity)
        for index in 0..<capacity {
            names[index] = sockaddr_in()
            parts[index] = iovec(iov_base: memory + index * ReceiveBatch.size, iov_len: ReceiveBatch.size)
            messages[index] = confab_message()
            messages[index].header.msg_name = UnsafeMutableRawPointer(names + index)
            messages[index].header.msg_iov = parts + index
            messages[index].header.msg_iovlen = 1
            messages[index].header.msg_control = control + index * ReceiveBatch.controlSize
        }
    }

    deinit {
        memory.deallocate()
        control.deallocate()
        messages.deallocate()
        parts.deallocate()
        names.deallocate()
    }

    /// Reads what is there; gives how many datagrams that was.
    func fill(_ socket: Int32) -> Int {
        for index in 0..<ReceiveBatch.capacity {
            messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in>.size)
            messages[index].header.msg_controllen = ReceiveBatch.controlSize
        }
        let count = confab_receive_many(socket, messages, UInt32(ReceiveBatch.capacity), Int32(MSG_DONTWAIT))
        return max(0, Int(count))
    }

    func datagram(_ index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: memory + index * ReceiveBatch.size, count: min(Int(messages[index].length), ReceiveBatch.size))
    }

    /// Address and port in host order.
    func source(_ index: Int) -> (address: UInt32, port: UInt16) {
        (UInt32(bigEndian: names[index].sin_addr.s_addr), UInt16(bigEndian: names[index].sin_port))
    }

    /// Civil time in nanoseconds; 0 when the kernel does not tell. `drops` is changed when it tells of any.
    func arrival(_ index: Int, drops: inout UInt32) -> Int64 {
        confab_load_arrival(&messages[index].header, &drops)
    }

    /// Sends the first `count` datagrams back to where they came from.
    func sendBack(_ count: Int, _ socket: Int32) {
        for index in 0..<count {
            parts[index].iov_len = Int(min(messages[index].length, UInt32(ReceiveBatch.size)))
            messages[index].header.msg_controllen = 0
            messages[index].header.msg_control = nil
        }
        var done = 0
        while done < count {
            let sent = confab_send_many(socket, messages + done, UInt32(count - done), Int32(MSG_NOSIGNAL))
            if sent <= 0, errno == EINTR { continue }
            done += max(Int(sent), 1)
        }
        for index in 0..<count {
            parts[index].iov_len = ReceiveBatch.size
            messages[index].header.msg_control = control + index * ReceiveBatch.controlSize
        }
    }
}
