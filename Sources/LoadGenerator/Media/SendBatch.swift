import CLinux
import Glibc

/// Packets that wait to go out of one socket in one call. Its memory is fixed.
struct SendBatch: ~Copyable {
    static let capacity = 64
    private static let size = 1600

    private let memory: UnsafeMutableRawPointer
    private let messages: UnsafeMutablePointer<confab_message>
    private let parts: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_in>
    private(set) var count = 0
    /// Packets that the kernel did not take.
    private(set) var errors: UInt64 = 0

    init() {
        let capacity = SendBatch.capacity
        memory = .allocate(byteCount: capacity * SendBatch.size, alignment: 64)
        messages = .allocate(capacity: capacity)
        parts = .allocate(capacity: capacity)
        names = .allocate(capacity: capacity)
        for index in 0..<capacity {
            names[index] = sockaddr_in()
            parts[index] = iovec(iov_base: memory + index * SendBatch.size, iov_len: 0)
            messages[index] = confab_message()
            messages[index].header.msg_name = UnsafeMutableRawPointer(names + index)
            messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in>.size)
            messages[index].header.msg_iov = parts + index
            messages[index].header.msg_iovlen = 1
        }
    }

    deinit {
        memory.deallocate()
        messages.deallocate()
        parts.deallocate()
        names.deallocate()
    }

    var isFull: Bool { count == SendBatch.capacity }

    /// Where the next packet is to be written.
    var space: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: memory + min(count, SendBatch.capacity - 1) * SendBatch.size, count: SendBatch.size)
    }

    /// The packet in `space` is to be sent.
    mutating func add(_ length: Int, to remote: sockaddr_in) {
        guard count < SendBatch.capacity else { return }
        names[count] = remote
        parts[count].iov_len = min(length, SendBatch.size)
        count += 1
    }

    mutating func flush(_ socket: Int32) {
        var done = 0
        while done < count {
            let sent = confab_send_many(socket, messages + done, UInt32(count - done), Int32(MSG_NOSIGNAL))
            if sent > 0 {
                done += Int(sent)
            } else if errno != EINTR {
                // The first of the rest is what failed; the others get their chance.
                errors += 1
                done += 1
            }
        }
        count = 0
    }

    mutating func forgetErrors() { errors = 0 }
}
