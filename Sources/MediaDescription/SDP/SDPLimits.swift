/// How much of each thing a description may hold.
enum SDPLimits {
    static let contents = 32
    /// In the whole description.
    static let codecs = 256
    /// In one content.
    static let candidates = 256
    static let parameters = 64
    static let feedback = 64
    static let headerExtensions = 64
    static let sources = 64
    static let fingerprints = 16
    static let cryptos = 32
    static let groups = 32
    static let names = 64
}

extension Array {
    /// Appends, or refuses to go past a limit.
    mutating func append(_ element: Element, limit: Int, _ what: String) throws(SDPError) {
        guard count < limit else { throw .tooMany(what) }
        append(element)
    }
}
