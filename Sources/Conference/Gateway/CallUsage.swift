/// How long somebody has called numbers of a class on a day.
public struct CallUsage: Sendable, Hashable {
    /// Since 1970-01-01, as the operator's days begin.
    public var day: Int64
    /// Under what name a quota counts: an address, `@` and a domain, a network, `all`.
    public var account: String
    public var numberClass: String
    public var milliseconds: Int64

    public init(day: Int64, account: String, numberClass: String, milliseconds: Int64) {
        self.day = day
        self.account = account
        self.numberClass = numberClass
        self.milliseconds = milliseconds
    }
}
