import CLinux
import Glibc
public import Primitives

/// The addresses this machine has.
public enum LocalInterfaces {
    /// Addresses of interfaces that are up, IPv4 first, without link-local ones; loopback last, and only if asked for.
    static func addresses(loopback: Bool) -> [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return loopback ? [.loopback4] : [] }
        defer { freeifaddrs(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard entry.pointee.ifa_flags & UInt32(IFF_UP) != 0, let raw = entry.pointee.ifa_addr else { continue }
            var storage = sockaddr_storage()
            switch Int32(raw.pointee.sa_family) {
            case AF_INET: memcpy(&storage, raw, MemoryLayout<sockaddr_in>.size)
            case AF_INET6: memcpy(&storage, raw, MemoryLayout<sockaddr_in6>.size)
            default: continue
            }
            guard let ip = SocketEndpoint(&storage)?.address.ip, !ip.isLinkLocal, !found.contains(ip) else { continue }
            if loopback || !ip.isLoopback { found.append(ip) }
        }
        func rank(_ ip: IPAddress) -> Int { (ip.isLoopback ? 2 : 0) + (ip.isV6 ? 1 : 0) }
        return found.enumerated()
            .sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)
    }

    /// The address from which the kernel would send to `peer`.
    public static func source(towards peer: IPAddress) -> IPAddress? {
        let descriptor = socket(
            peer.isV6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var storage = sockaddr_storage()
        var length = SocketEndpoint(SocketAddress(peer, 9)).fill(&storage)
        let connected = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard connected == 0 else { return nil }
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return SocketEndpoint(&storage)?.address.ip
    }
}
