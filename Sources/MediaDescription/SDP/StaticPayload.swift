/// Payload types with a fixed meaning (RFC 3551 section 6), which SDP may name without an rtpmap.
enum StaticPayload {
    static func codec(_ payloadType: UInt8) -> Codec? {
        guard let (name, clockRate, channels) = table[payloadType] else { return nil }
        return Codec(payloadType: payloadType, name: name, clockRate: clockRate, channels: channels)
    }

    /// G722's clock rate is 8000 by an old mistake (RFC 3551 section 4.5.2).
    private static let table: [UInt8: (name: String, clockRate: Int, channels: Int)] = [
        0: ("PCMU", 8_000, 1), 3: ("GSM", 8_000, 1), 4: ("G723", 8_000, 1), 5: ("DVI4", 8_000, 1),
        6: ("DVI4", 16_000, 1), 7: ("LPC", 8_000, 1), 8: ("PCMA", 8_000, 1), 9: ("G722", 8_000, 1),
        10: ("L16", 44_100, 2), 11: ("L16", 44_100, 1), 12: ("QCELP", 8_000, 1), 13: ("CN", 8_000, 1),
        14: ("MPA", 90_000, 1), 15: ("G728", 8_000, 1), 16: ("DVI4", 11_025, 1), 17: ("DVI4", 22_050, 1),
        18: ("G729", 8_000, 1), 25: ("CelB", 90_000, 1), 26: ("JPEG", 90_000, 1), 28: ("nv", 90_000, 1),
        31: ("H261", 90_000, 1), 32: ("MPV", 90_000, 1), 33: ("MP2T", 90_000, 1), 34: ("H263", 90_000, 1),
    ]
}
