/// Times and limits of a TURN client.
public struct TURNConfiguration: Hashable, Sendable {
    /// Lifetime asked for; servers give what they like.
    public var lifetime: Duration = .seconds(600)
    /// First retransmission time over UDP, how often a request is sent in all, and first retransmission times to wait
    /// after the last (RTO, Rc and Rm of RFC 8489 section 6.2.1).
    public var rto: Duration = .milliseconds(500)
    public var transmissions = 7
    public var lastWait = 16
    /// How long an answer is waited for over TCP and TLS (Ti of RFC 8489 section 6.2.2).
    public var reliableWait: Duration = .milliseconds(39_500)
    /// How long a permission lasts (RFC 8656 section 9), and how long before its end it is renewed.
    public var permissionLifetime: Duration = .seconds(300)
    /// The same for channels (RFC 8656 section 12); afterwards their number rests for a permission's lifetime.
    public var channelLifetime: Duration = .seconds(600)
    public var renewalMargin: Duration = .seconds(60)
    /// A permission is renewed if something was sent there so lately.
    public var useLifetime: Duration = .seconds(60)
    /// For how long a peer that the server refuses to relay to is not asked for again.
    public var refusalLifetime: Duration = .seconds(60)
    /// Wait before an allocation is tried again; it doubles up to the longest.
    public var firstRetry: Duration = .seconds(2)
    public var longestRetry: Duration = .seconds(120)
    /// Hosts with a permission, and peers with a channel (there are 4,096 numbers).
    public var maximumPermissions = 4096
    public var maximumChannels = 4096
    /// Packets that wait for a permission.
    public var maximumHeld = 128
    /// Servers that one another sends us to, one after the other.
    public var maximumRedirections = 4

    public init() {}
}
