import CCares
import Glibc
import NIOCore
import NIOPosix
import Primitives
import SIP

/// Asks the DNS by c-ares, on threads of its own: an answer may take seconds.
final class DNSResolver: Sendable {
    /// As c-ares has it; nil for what /etc/resolv.conf says.
    private let servers: String?
    private let pool: NIOThreadPool

    /// - Parameter servers: those to ask instead of the system's.
    init(servers: [Primitives.SocketAddress]) {
        self.servers = servers.isEmpty ? nil : servers.map(\.description).joined(separator: ",")
        pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
    }

    func stop() { pool.shutdownGracefully { _ in } }

    /// Carries a search to its end, or as far as it gets in its time; whatever fails counts as no answer.
    func targets(by search: SIPTargetSearch, on loop: any EventLoop) -> EventLoopFuture<[SIPTarget]> {
        let servers = servers
        return pool.runIfActive(eventLoop: loop) {
            var search = search
            guard let query = DNSQuery(servers: servers) else { return [] }
            while let question = search.question, query.isInTime(for: question) { search.take(query.ask(question)) }
            return search.targets
        }
    }
}

extension DNSResolver {
    /// A host's addresses; none when the name has none.
    func addresses(of name: String, on loop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        let servers = servers
        return pool.runIfActive(eventLoop: loop) {
            guard let query = DNSQuery(servers: servers), case .addresses(let found) = query.ask(.addresses(name))
            else {
                return []
            }
            return found
        }
    }
}

/// A channel of c-ares, and the questions that one thread asks over it.
private struct DNSQuery: ~Copyable {
    private let channel: ares_channel
    private let start = ContinuousClock.now

    /// Milliseconds until a server is asked again, and how often it is.
    private static let (patience, tries) = (Int32(1000), Int32(2))
    /// For all the questions together, and of that for the services: where nothing is said of those, there is time left
    /// for addresses.
    private static let (limit, serviceLimit) = (Duration.seconds(8), Duration.seconds(4))
    /// c-ares is told once that the program uses it.
    private static let isReady = ares_library_init(confab_ares_everything) == 0

    init?(servers: String?) {
        guard DNSQuery.isReady else { return nil }
        var options = ares_options()
        options.timeout = DNSQuery.patience
        options.tries = DNSQuery.tries
        var made: ares_channel?
        guard ares_init_options(&made, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) == 0, let made else {
            return nil
        }
        if let servers, ares_set_servers_ports_csv(made, servers) != 0 {
            ares_destroy(made)
            return nil
        }
        channel = made
    }

    deinit { ares_destroy(channel) }

    /// Whether there is time for a question.
    func isInTime(for question: DNSQuestion) -> Bool {
        if case .addresses = question { return ContinuousClock.now < start + DNSQuery.limit }
        return true
    }

    func ask(_ question: DNSQuestion) -> DNSAnswer {
        switch question {
        case .naptr(let name): .naptr(DNSQuery.pointers(in: records(of: 35, name)))
        case .srv(let name): .srv(DNSQuery.services(in: records(of: 33, name)))
        case .addresses(let name): .addresses(addresses(of: name))
        }
    }

    /// What a callback brought.
    private final class Box<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    private func records(of type: Int32, _ name: String) -> [UInt8] {
        let end = start + DNSQuery.serviceLimit
        guard ContinuousClock.now < end else { return [] }
        let box = Box<[UInt8]>([])
        ares_query(
            channel, name, 1, type,
            { context, status, _, bytes, length in
                guard status == 0, let context, let bytes, length > 0 else { return }
                Unmanaged<Box<[UInt8]>>.fromOpaque(context).takeUnretainedValue().value = Array(
                    UnsafeBufferPointer(start: bytes, count: Int(length)))
            }, Unmanaged.passUnretained(box).toOpaque())
        wait(until: end)
        return box.value
    }

    private func addresses(of name: String) -> [IPAddress] {
        let box = Box<[IPAddress]>([])
        var hints = ares_addrinfo_hints()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        ares_getaddrinfo(
            channel, name, nil, &hints,
            { context, status, _, result in
                guard let result else { return }
                defer { ares_freeaddrinfo(result) }
                guard status == 0, let context else { return }
                let box = Unmanaged<Box<[IPAddress]>>.fromOpaque(context).takeUnretainedValue()
                var next = result.pointee.nodes
                while let node = next {
                    next = node.pointee.ai_next
                    if let ip = DNSQuery.address(node.pointee), !box.value.contains(ip) { box.value.append(ip) }
                }
            }, Unmanaged.passUnretained(box).toOpaque())
        wait(until: start + DNSQuery.limit)
        return box.value
    }

    private static func address(_ node: ares_addrinfo_node) -> IPAddress? {
        guard let raw = node.ai_addr else { return nil }
        switch (node.ai_family, Int(node.ai_addrlen)) {
        case (AF_INET, MemoryLayout<sockaddr_in>.size...):
            let bits = raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
            return .v4(UInt32(bigEndian: bits))
        case (AF_INET6, MemoryLayout<sockaddr_in6>.size...):
            return raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
            }
        default: return nil
        }
    }

    /// Lets c-ares read and write until all is answered or given up; afterwards no callback comes any more.
    private func wait(until end: ContinuousClock.Instant) {
        while true {
            var descriptors = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
            let bits = ares_getsock(channel, &descriptors, Int32(descriptors.count))
            guard bits != 0 else { return }
            var polled: [pollfd] = []
            for (index, descriptor) in descriptors.enumerated() {
                let reads = bits & (1 << Int32(index)) != 0
                let writes = bits & (1 << (Int32(index) + Int32(ARES_GETSOCK_MAXNUM))) != 0
                guard reads || writes else { continue }
                polled.append(
                    pollfd(fd: descriptor, events: Int16((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), revents: 0))
            }
            guard ContinuousClock.now < end else { return ares_cancel(channel) }
            let due = nextTimeout()
            poll(&polled, nfds_t(polled.count), Int32(due.tv_sec * 1000 + due.tv_usec / 1000 + 1))
            var isAny = false
            for descriptor in polled where descriptor.revents != 0 {
                isAny = true
                let isReadable = Int32(descriptor.revents) & ~POLLOUT != 0
                let isWritable = Int32(descriptor.revents) & POLLOUT != 0
                ares_process_fd(channel, isReadable ? descriptor.fd : -1, isWritable ? descriptor.fd : -1)
            }
            if !isAny { ares_process_fd(channel, -1, -1) }
        }
    }

    /// How long c-ares wants to wait at most, and no longer than a second.
    private func nextTimeout() -> timeval {
        let channel = channel
        var most = timeval(tv_sec: 1, tv_usec: 0)
        var due = timeval()
        return withUnsafeMutablePointer(to: &most) { most in
            withUnsafeMutablePointer(to: &due) { due in ares_timeout(channel, most, due)?.pointee }
        } ?? timeval(tv_sec: 1, tv_usec: 0)
    }

    private static func services(in reply: [UInt8]) -> [SRVRecord] {
        var list: UnsafeMutablePointer<ares_srv_reply>?
        guard !reply.isEmpty, ares_parse_srv_reply(reply, Int32(reply.count), &list) == 0 else { return [] }
        let first = list
        defer { ares_free_data(first) }
        var found: [SRVRecord] = []
        while let record = list?.pointee, found.count < 64 {
            found.append(
                SRVRecord(
                    priority: record.priority, weight: record.weight, port: record.port,
                    target: record.host.map { String(cString: $0) } ?? ""))
            list = record.next
        }
        return found
    }

    private static func pointers(in reply: [UInt8]) -> [NAPTRRecord] {
        var list: UnsafeMutablePointer<ares_naptr_reply>?
        guard !reply.isEmpty, ares_parse_naptr_reply(reply, Int32(reply.count), &list) == 0 else { return [] }
        let first = list
        defer { ares_free_data(first) }
        var found: [NAPTRRecord] = []
        while let record = list?.pointee, found.count < 64 {
            func text(_ bytes: UnsafeMutablePointer<UInt8>?) -> String { bytes.map { String(cString: $0) } ?? "" }
            found.append(
                NAPTRRecord(
                    order: record.order, preference: record.preference, flags: text(record.flags),
                    service: text(record.service), regexp: text(record.regexp),
                    replacement: record.replacement.map { String(cString: $0) } ?? ""))
            list = record.next
        }
        return found
    }
}
