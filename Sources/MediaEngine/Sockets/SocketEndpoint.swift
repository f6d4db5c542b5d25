import CLinux
import Glibc
import Primitives

/// A UDP address in the shape the kernel wants, without allocation: what `SocketAddress` is on the media path.
struct SocketEndpoint: Hashable, Sendable {
    var address: SocketAddress

    init(_ address: SocketAddress) { self.address = address }

    /// From what `recvfrom` filled in; nil for another family.
    init?(_ storage: UnsafePointer<sockaddr_storage>) {
        switch Int32(storage.pointee.ss_family) {
        case AF_INET:
            let v4 = UnsafeRawPointer(storage).load(as: sockaddr_in.self)
            address = SocketAddress(.v4(UInt32(bigEndian: v4.sin_addr.s_addr)), UInt16(bigEndian: v4.sin_port))
        case AF_INET6:
            let v6 = UnsafeRawPointer(storage).load(as: sockaddr_in6.self)
            let (high, low) = withUnsafeBytes(of: v6.sin6_addr) {
                (
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            address = SocketAddress(IPAddress.v6(high: high, low: low).unmapped, UInt16(bigEndian: v6.sin6_port))
        default:
            return nil
        }
    }

    /// Fills in a `sockaddr_storage` and gives the length the kernel wants.
    func fill(_ storage: inout sockaddr_storage) -> socklen_t {
        switch address.ip {
        case .v4(let bits):
            return withUnsafeMutableBytes(of: &storage) { raw in
                var v4 = sockaddr_in()
                v4.sin_family = sa_family_t(AF_INET)
                v4.sin_port = address.port.bigEndian
                v4.sin_addr.s_addr = bits.bigEndian
                raw.storeBytes(of: v4, as: sockaddr_in.self)
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            }
        case .v6(let high, let low):
            return withUnsafeMutableBytes(of: &storage) { raw in
                var v6 = sockaddr_in6()
                v6.sin6_family = sa_family_t(AF_INET6)
                v6.sin6_port = address.port.bigEndian
                withUnsafeMutableBytes(of: &v6.sin6_addr) {
                    $0.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                    $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
                }
                raw.storeBytes(of: v6, as: sockaddr_in6.self)
                return socklen_t(MemoryLayout<sockaddr_in6>.size)
            }
        }
    }
}
