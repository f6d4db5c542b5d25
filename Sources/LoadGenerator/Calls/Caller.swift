import Primitives

/// Signalling of whatever kind: brings participants in and out. Used from one thread.
protocol Caller: AnyObject {
    /// Descriptors to wait on for reading; may change between calls.
    var descriptors: [Int32] { get }
    var nextWake: Instant? { get }
    /// Whether participants may join yet.
    var isReady: Bool { get }
    /// Participants that have not left yet.
    var active: Int { get }

    func join(_ participant: Int, now: Instant)
    func leave(_ participant: Int, now: Instant)
    func readable(_ descriptor: Int32, now: Instant)
    /// STUN or DTLS that came to a media socket.
    func receive(_ stray: Stray, now: Instant)
    func wake(now: Instant)
    /// What happened since last asked.
    func takeEvents() -> [CallEvent]
}

/// What signalling tells the run.
enum CallEvent: Sendable {
    /// Media is agreed and may flow; the sound is the run's to add.
    case joined(Joined)
    /// A step of joining took this long.
    case took(Step, participant: Int, Duration)
    case failed(participant: Int, String)
    /// The peer ended the call.
    case ended(participant: Int, String)

    /// What is timed while joining.
    enum Step: String, Sendable, CaseIterable {
        /// From propose to proceed (XEP-0353).
        case proceed
        /// From INVITE to its 200, from session-initiate to session-accept.
        case answer
        /// From the answer to DTLS being done.
        case secured
        /// From the first request to the first packet of media that came.
        case media
    }
}
