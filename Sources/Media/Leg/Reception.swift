/// What a packet that came asks its room to do.
enum Reception: Hashable {
    case nothing
    /// Sound for one who is awake was buffered.
    case buffered
    /// The leg is to be woken, with this packet as the first to be heard.
    case wake(sequence: UInt16)
    /// The leg sleeps, and somebody should have a look at the packet.
    case probe(sequence: UInt16)
}
