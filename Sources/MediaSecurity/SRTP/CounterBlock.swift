/// The 128-bit block that counter mode starts from; its last 16 bits count the blocks (RFC 3711 section 4.1.1).
struct CounterBlock {
    let high: UInt64
    let low: UInt64

    /// A salt of up to 14 bytes, multiplied by 2^16; a shorter one is filled with zeros (RFC 7714 section 11).
    init(salt: some Collection<UInt8>) {
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (place, byte) in salt.prefix(14).enumerated() {
            if place < 8 {
                high |= UInt64(byte) << UInt64(56 - 8 * place)
            } else {
                low |= UInt64(byte) << UInt64(120 - 8 * place)
            }
        }
        self.init(high: high, low: low)
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// This salt with SSRC and packet index mixed in (RFC 3711 section 4.1.1).
    func packet(ssrc: UInt32, _ index: PacketIndex) -> CounterBlock {
        CounterBlock(high: high ^ UInt64(ssrc), low: low ^ index.value << 16)
    }

    /// This salt with a key derivation label mixed in; the key derivation rate is zero (RFC 3711 section 4.3.1).
    func derivation(_ label: KeyDerivation.Label) -> CounterBlock {
        CounterBlock(high: high ^ UInt64(label.rawValue), low: low)
    }
}
