/// Which of the last 1,024 packet indices were seen (RFC 3711 section 3.3.2). The bit of an index is at its remainder,
/// so that nothing is shifted when the window moves.
struct ReplayWindow: BitwiseCopyable {
    static let size = 1024

    private var words = InlineArray<16, UInt64>(repeating: 0)

    /// Whether a packet of `index` is new, when `highest` is the highest index seen.
    func accepts(_ index: PacketIndex, highest: PacketIndex) -> Bool {
        if index > highest { return true }
        guard highest.value - index.value < UInt64(ReplayWindow.size) else { return false }
        let (word, bit) = ReplayWindow.place(index.value)
        return words[word] & bit == 0
    }

    /// Notes an index that `accepts` let pass, moving the window when it is above `highest`.
    mutating func insert(_ index: PacketIndex, highest: PacketIndex) {
        if index > highest {
            let step = index.value - highest.value
            if step >= UInt64(ReplayWindow.size) {
                words = InlineArray(repeating: 0)
            } else {
                for skipped in 1..<max(step, 1) {
                    let (word, bit) = ReplayWindow.place(highest.value + skipped)
                    words[word] &= ~bit
                }
            }
        }
        let (word, bit) = ReplayWindow.place(index.value)
        words[word] |= bit
    }

    private static func place(_ index: UInt64) -> (word: Int, bit: UInt64) {
        (Int(index >> 6 & 15), 1 << (index & 63))
    }
}
