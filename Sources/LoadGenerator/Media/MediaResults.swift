import Primitives

/// What the media thread measured.
struct MediaResults: Sendable {
    /// What one participant sent and received; nil for one that did not join.
    struct Participant: Sendable {
        var sent: UInt64
        var reception: Reception
    }

    /// What one listener heard of the marker.
    struct MarkerHearing: Sendable {
        var participant: Int
        /// Nanoseconds.
        var delays: [Int64]
        var heard: Int
        var broken: Int
    }

    var duration: Duration
    var participants: [Participant?]
    var markersSent: Int
    var hearings: [MarkerHearing]
    /// Nanoseconds by which slots were sent late.
    var lateness: Histogram
    var sendErrors: UInt64
    /// Left out on purpose (`--loss`).
    var droppedOnPurpose: UInt64
    /// By the kernel, for want of room.
    var receiveDrops: UInt64
    /// RTP from addresses that nobody is known by, and what does not parse.
    var unknown: UInt64
    var unauthentic: UInt64
    var threadTime: Duration
    var processTime: Duration
}
