import CLinux
import Glibc

/// An eventfd: one thread rings, another sleeps on it in epoll.
final class Wakeup: Sendable {
    let descriptor: Int32

    init() { descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) }

    deinit { close(descriptor) }

    func ring() { _ = eventfd_write(descriptor, 1) }

    func clear() {
        var value: eventfd_t = 0
        _ = eventfd_read(descriptor, &value)
    }
}
