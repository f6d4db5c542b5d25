/// What sort of number a call goes to, by which it is allowed and counted. Operators add their own.
public struct NumberClass: Hashable, Sendable, Comparable {
    public let name: String

    /// Nil unless the name is a short word in lower case.
    public init?(_ name: some StringProtocol) {
        let isWord = name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
        guard !name.isEmpty, name.utf8.count <= 32, isWord else { return nil }
        self.name = String(name)
    }

    private init(known name: String) { self.name = name }

    /// No number at all: somebody's address, an account of ours.
    public static let address = NumberClass(known: "address")
    /// Short numbers.
    public static let `internal` = NumberClass(known: "internal")
    public static let emergency = NumberClass(known: "emergency")
    public static let national = NumberClass(known: "national")
    public static let mobile = NumberClass(known: "mobile")
    public static let international = NumberClass(known: "international")
    /// Numbers by which who is called earns, and others that cost more than their looks tell.
    public static let premium = NumberClass(known: "premium")
    public static let satellite = NumberClass(known: "satellite")
    /// What a switch obeys instead of dialling it: `*21*…#`.
    public static let code = NumberClass(known: "code")

    /// Those that a route alone opens.
    public static let free: Set<NumberClass> = [.address, .internal, .emergency]

    public var isFree: Bool { NumberClass.free.contains(self) }

    public static func < (a: NumberClass, b: NumberClass) -> Bool { a.name < b.name }
}
