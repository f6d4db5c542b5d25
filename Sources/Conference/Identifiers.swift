/// A leg: one SIP dialog or one Jingle session. Given out by the domain's `LegIDs`, never reused.
public struct LegID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public static func < (a: LegID, b: LegID) -> Bool { a.value < b.value }
    /// `leg 2.17`: who gave the number out, and the number.
    public var description: String { "leg \(value >> 56).\(value & 0xff_ffff_ffff_ffff)" }
}

/// Somebody in a room, with one or more endpoints.
public struct ParticipantID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public static func < (a: ParticipantID, b: ParticipantID) -> Bool { a.value < b.value }
    public var description: String { "participant \(value)" }
}

/// One way in which a participant is there: a call, or an occupant of the MUC.
public struct EndpointID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public static func < (a: EndpointID, b: EndpointID) -> Bool { a.value < b.value }
    public var description: String { "endpoint \(value)" }
}

/// Where legs hear each other: a room's mix, or the private one of a bridged call.
public struct MixID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public static func < (a: MixID, b: MixID) -> Bool { a.value < b.value }
    public var description: String { "mix \(value)" }
}

/// A text that somebody handed in and is waiting to hear about: made by an adapter, echoed by the domain.
public struct SubmissionID: Hashable, Sendable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}

/// Gives out leg numbers that no other giver gives out.
public struct LegIDs: Sendable {
    /// Who gives them out: the domain for the legs it dials, an adapter for those that arrive at it.
    public enum Origin: UInt64, Sendable { case conference = 1, sip, jingle }

    private var last: UInt64

    public init(_ origin: Origin) { last = origin.rawValue << 56 }

    public mutating func next() -> LegID {
        last += 1
        return LegID(last)
    }
}
