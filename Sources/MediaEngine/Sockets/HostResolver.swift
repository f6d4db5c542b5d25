import CLinux
import Glibc
public import Primitives

/// Names to addresses by the system's resolver.
public enum HostResolver {
    /// IPv4 and IPv6 addresses in the system's order of preference; none when the name has none.
    /// Blocks until the resolver answers: not for the control loop.
    public static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let raw = entry.pointee.ai_addr,
                entry.pointee.ai_addrlen <= socklen_t(MemoryLayout<sockaddr_storage>.size)
            else { continue }
            var storage = sockaddr_storage()
            memcpy(&storage, raw, Int(entry.pointee.ai_addrlen))
            if let ip = SocketEndpoint(&storage)?.address.ip, !found.contains(ip) { found.append(ip) }
        }
        return found
    }
}
