import Primitives

/// The tokens that open the API.
struct TokenList: Sendable {
    private let tokens: [Redacted<[UInt8]>]

    init(_ tokens: [Redacted<String>]) {
        self.tokens = tokens.map { Redacted(Array($0.secret.utf8)) }.filter { !$0.secret.isEmpty }
    }

    /// The place of a token, from 1; nil for none. How long it takes tells of what was shown, and nothing of what is right.
    func place(of shown: [UInt8]) -> Int? {
        var place: Int?
        for (index, token) in tokens.enumerated() where TokenList.areEqual(shown, token.secret) { place = index + 1 }
        return place
    }

    /// Looks at every byte that was shown, whatever the first of them were.
    private static func areEqual(_ shown: [UInt8], _ token: [UInt8]) -> Bool {
        var difference: UInt8 = shown.count == token.count ? 0 : 1
        for (index, byte) in shown.enumerated() { difference |= byte ^ token[index % token.count] }
        return difference == 0
    }
}
