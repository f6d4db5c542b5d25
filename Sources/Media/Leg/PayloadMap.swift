/// What each of the 128 payload numbers stands for on a leg.
struct PayloadMap {
    enum Meaning: Hashable {
        case unknown
        case audio(AudioCodec)
        /// telephone-event, at a clock rate.
        case events(clockRate: Int)
    }

    private var meanings = InlineArray<128, Meaning>(repeating: .unknown)

    init(_ settings: LegMediaSettings) {
        for events in settings.receiveEvents where events.payloadType < 128 {
            meanings[Int(events.payloadType)] = .events(clockRate: min(max(events.clockRate, 1), 192_000))
        }
        for format in settings.receive where format.payloadType < 128 {
            meanings[Int(format.payloadType)] = .audio(format.codec)
        }
    }

    subscript(payloadType: UInt8) -> Meaning { meanings[Int(payloadType & 127)] }
}
