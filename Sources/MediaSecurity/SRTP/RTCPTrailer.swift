/// E flag and SRTCP index, which stand in every SRTCP packet (RFC 3711 section 3.4).
struct RTCPTrailer {
    static let length = 4
    /// The highest index; there is none after it for the key.
    static let maximumIndex: UInt32 = 0x7fff_ffff

    private let word: UInt32

    /// Of a packet that is encrypted.
    init(encrypted index: UInt32) { word = 0x8000_0000 | index }

    init(at source: UnsafeRawPointer) { word = UInt32(bigEndian: source.loadUnaligned(as: UInt32.self)) }

    func write(to target: UnsafeMutableRawPointer) { target.storeBytes(of: word.bigEndian, as: UInt32.self) }

    var isEncrypted: Bool { word & 0x8000_0000 != 0 }
    var index: UInt32 { word & RTCPTrailer.maximumIndex }
    /// What is authenticated with the packet.
    var authenticated: UInt32 { word }
    /// As what goes into the IV: the SRTCP index stands where the roll-over counter and sequence number do in RTP's
    /// (RFC 3711 section 4.1.1, RFC 7714 section 9.1).
    var packetIndex: PacketIndex {
        PacketIndex(rolloverCounter: index >> 16, sequence: UInt16(truncatingIfNeeded: index))
    }
}
