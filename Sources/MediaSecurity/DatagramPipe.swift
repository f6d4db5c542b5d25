import COpenSSL

/// The network as OpenSSL sees it: a BIO that keeps datagrams apart, and the DTLS timer.
///
/// OpenSSL's retransmission timer runs on the wall clock, which a protocol on a handed-in clock cannot have. So the
/// timer is told to expire at once, again and again, until OpenSSL has written `copies` further copies of the flight,
/// each under record numbers of its own as RFC 6347 section 4.2.4 wants; then it is told to sleep. The copies are kept
/// here, and the connection sends one whenever its own timer fires. A flight that is answered throws them away.
final class DatagramPipe {
    /// Below the dozen at which OpenSSL gives a handshake up.
    static let copies = 11
    private static let atOnce: UInt32 = 1
    private static let never: UInt32 = 3_600_000_000

    let mtu: Int
    /// The datagram that OpenSSL reads next.
    var incoming: [UInt8]?
    /// What is to be sent now.
    private var outgoing: [[UInt8]] = []
    /// Copies of the last flight, in the order in which they are to be sent.
    private var spare: [[[UInt8]]] = []
    /// Whether what OpenSSL writes goes to the last copy.
    private var isCopying = false
    /// How many flights with a timer were begun.
    private(set) var flights = 0

    init(mtu: Int) { self.mtu = mtu }

    func takeOutgoing() -> [[UInt8]] {
        defer { outgoing = [] }
        return outgoing
    }

    /// The next copy of the last flight; nil when there is none left.
    func takeSpare() -> [[UInt8]]? { spare.isEmpty ? nil : spare.removeFirst() }

    var hasSpare: Bool { !spare.isEmpty }

    func dropSpare() { spare = [] }

    /// OpenSSL is about to be called: what it writes is new until its timer says otherwise.
    func begin() { isCopying = false }

    func write(_ datagram: [UInt8]) {
        if isCopying, !spare.isEmpty {
            spare[spare.count - 1].append(datagram)
        } else {
            outgoing.append(datagram)
        }
    }

    /// OpenSSL starts its timer for a flight (`last` is 0) or has found it expired and retransmits next.
    /// - Returns: microseconds until it expires.
    func timer(last: UInt32) -> UInt32 {
        if last == 0 {
            flights += 1
            spare = []
            isCopying = false
            return Self.atOnce
        }
        spare.append([])
        isCopying = true
        return spare.count < Self.copies ? Self.atOnce : Self.never
    }

    /// A BIO over the pipe, which must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let method = DatagramPipe.method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    static func of(_ bio: OpaquePointer?) -> DatagramPipe? {
        BIO_get_data(bio).map { Unmanaged<DatagramPipe>.fromOpaque($0).takeUnretainedValue() }
    }

    /// `nonisolated(unsafe)`: filled in once under the lock of a static, only read afterwards.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "confab datagrams")
        BIO_meth_set_write(method) { bio, data, length in
            guard let pipe = DatagramPipe.of(bio), let data, length > 0 else { return -1 }
            confab_clear_retry(bio)
            pipe.write(Array(UnsafeRawBufferPointer(start: data, count: Int(length))))
            return length
        }
        BIO_meth_set_read(method) { bio, buffer, length in
            guard let pipe = DatagramPipe.of(bio), let buffer, length > 0 else { return -1 }
            confab_clear_retry(bio)
            guard let datagram = pipe.incoming else {
                confab_retry_read(bio)
                return -1
            }
            pipe.incoming = nil
            pipe.begin()
            let count = min(datagram.count, Int(length))
            UnsafeMutableRawBufferPointer(start: buffer, count: count).copyBytes(from: datagram.prefix(count))
            return Int32(truncatingIfNeeded: count)
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1
            case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU: DatagramPipe.of(bio)?.mtu ?? 0
            default: 0
            }
        }
        return method
    }()
}
