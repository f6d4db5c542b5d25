/// What the delay asks of the pace of playing; amounts in samples at 48 kHz.
enum StretchOrder: Hashable {
    case keep
    /// Up to so many samples too many are waiting.
    case shorten(Int)
    /// So many samples are to be gained.
    case lengthen(Int)
}
