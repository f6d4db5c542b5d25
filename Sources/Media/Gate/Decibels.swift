/// Levels against full scale.
enum Decibels {
    /// Nothing is quieter.
    static let least: Float = -127

    /// dBov of a mean square of 16-bit samples, within a quarter of a decibel: the logarithm is read from the
    /// number's exponent, and its mantissa stands for the rest.
    static func of(meanSquare: Float) -> Float {
        guard meanSquare > 0.0003 else { return least }
        let octaves = Float(Int32(truncatingIfNeeded: meanSquare.bitPattern) &- 0x3f80_0000) * (1 / 8_388_608)
        return max((octaves + 0.043 - 30) * 3.0103, least)
    }
}
