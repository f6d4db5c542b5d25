/// What each of the 128 payload numbers stands for on a leg, in an octet each.
struct PayloadMap {
    enum Meaning: Hashable {
        case unknown
        case audio(AudioCodec)
        /// telephone-event, at a clock rate.
        case events(clockRate: Int)
        /// RFC 3389.
        case comfortNoise
        /// RFC 2198, of codecs with that clock rate.
        case red(clockRate: Int)
    }

    private static let wideRED: UInt8 = 13
    private static let narrowRED: UInt8 = 14
    private static let comfortNoise: UInt8 = 15
    /// Octets from here on stand for telephone-event at one of the rates.
    private static let events: UInt8 = 16
    private static let limit = 8

    /// 0 for unknown, one more than the codec's raw value, or one of the above.
    private var octets = InlineArray<128, UInt8>(repeating: 0)
    private var clockRates = InlineArray<8, Int32>(repeating: 8000)

    init(_ settings: LegMediaSettings) {
        for (index, events) in settings.receiveEvents.prefix(Self.limit).enumerated() where events.payloadType < 128 {
            clockRates[index] = Int32(min(max(events.clockRate, 1), 192_000))
            octets[Int(events.payloadType)] = Self.events + UInt8(truncatingIfNeeded: index)
        }
        if let payloadType = settings.comfortNoise, payloadType < 128 { octets[Int(payloadType)] = Self.comfortNoise }
        for red in settings.redundancy where red.payloadType < 128 {
            if red.clockRate == 48000 { octets[Int(red.payloadType)] = Self.wideRED }
            if red.clockRate == 8000 { octets[Int(red.payloadType)] = Self.narrowRED }
        }
        for format in settings.receive where format.payloadType < 128 {
            octets[Int(format.payloadType)] = format.codec.rawValue + 1
        }
    }

    subscript(payloadType: UInt8) -> Meaning {
        let octet = octets[Int(payloadType & 127)]
        if let codec = AudioCodec(rawValue: octet &- 1) { return .audio(codec) }
        if octet >= Self.events { return .events(clockRate: Int(clockRates[Int(octet - Self.events) & 7])) }
        return switch octet {
        case Self.comfortNoise: .comfortNoise
        case Self.wideRED: .red(clockRate: 48000)
        case Self.narrowRED: .red(clockRate: 8000)
        default: .unknown
        }
    }
}
