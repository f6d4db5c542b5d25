import CLinux
import Glibc
import Primitives

/// An address made ready for the kernel once, so that nothing is converted for each packet.
struct KernelAddress: Sendable {
    // The larger of the two shapes; an IPv4 address lies in its first bytes.
    private var storage = sockaddr_in6()
    private(set) var length: socklen_t = 0

    init() {}

    init(_ address: SocketAddress) {
        var wide = sockaddr_storage()
        length = SocketEndpoint(address).fill(&wide)
        withUnsafeBytes(of: &wide) { from in
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[..<$0.count]))
            }
        }
    }

    /// Where a packet goes: a socket and an address, in place as long as its owner is.
    struct Destination: Sendable {
        /// The socket; -1 for nowhere.
        var descriptor: Int32 = -1
        var address = KernelAddress()
        /// The channel of a TURN server whose header goes before each packet; 0 for none.
        var channel: UInt16 = 0
    }
}

extension UnsafeMutablePointer<KernelAddress.Destination> {
    /// The address as `sendto` and `msghdr` want it.
    var name: UnsafeMutablePointer<sockaddr> {
        let offset = MemoryLayout<KernelAddress.Destination>.offset(of: \.address) ?? 0
        return (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: sockaddr.self)
    }
}
