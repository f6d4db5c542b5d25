public import Primitives

/// The domain: who is in which room, who hears whom, who reads what, who may do what.
///
/// A reducer: it takes a command and the time, and gives back what is to be done, in order. It holds no socket, reads
/// no clock and knows neither SIP nor XMPP.
public struct Conference: Sendable {
    public let configuration: ConferenceConfiguration

    public init(configuration: ConferenceConfiguration, entropy: Entropy) {
        self.configuration = configuration
    }

    /// Decides what follows from a command.
    /// - Parameters:
    ///   - now: the monotonic clock, for deadlines.
    ///   - wall: civil time, for what is shown and kept.
    public mutating func handle(_ command: Command, at now: Instant, wall: WallTime) -> [Effect] { [] }

    /// A room as it stands; nil when there is none of that name.
    public func room(_ name: RoomName) -> Room? { nil }

    /// Puts back what was stored, before the first command.
    public mutating func restore(_ room: RoomName, created: WallTime, subject: Subject?, history: [ChatMessage]) {}
}
