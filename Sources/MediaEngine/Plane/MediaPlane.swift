public import Conference
import Glibc
import ICE
import Logging
import Media
import MediaDescription
import MediaSecurity
import Primitives

/// The control side of all media: opens ports and agents for legs, and tells the media threads what was settled.
///
/// Lives on the control loop; the threads are reached through their rings only. Whenever `bellDescriptor` becomes
/// readable, `answerBell` is to be called; after each call of anything here, `drain`.
public final class MediaPlane {
    /// What the rest of the control loop has to hear.
    public enum Event: Sendable {
        /// The SSRC under which a leg's media is known.
        case source(LegID, UInt32)
        /// A telephone-event (RFC 4733 section 3.2).
        case digit(LegID, UInt8)
        /// What was played to a leg alone is over.
        case played(LegID)
        /// What was to be kept of a leg's name is there, or it was silence.
        case named(LegID, hasName: Bool)
        case failed(LegID, EndReason)
        /// A leg's media is over: its counts.
        case closed(LegID, CallRecord.Media)
        /// There is a file for a recording; or it could not begin, or ended by itself.
        case recordingBegan(RecordingID)
        case recordingEnded(RecordingID, RecordingEnd)
    }

    let logger: Logger
    let certificate: Certificate
    let shared: [UDPSocket]
    let workers: [MediaWorker]
    let bell: ControlBell
    var ports: RTPPorts
    /// Its alarms are what each leg's ICE and DTLS have due.
    var legs = AlarmTable<LegID, MediaSession>()
    /// Legs that are over, until their worker has let go of their sockets.
    var closing: [LegID: MediaSession] = [:]
    var demultiplexer = ICEDemultiplexer<LegID>()
    var traversal = Traversal()
    var mixes: [MixID: MixPlace] = [:]
    /// Legs in mixes, by worker.
    var population: [Int]
    var balance: LoadBalance
    /// Mixes some of whose legs other workers send for.
    var spread: Set<MixID> = []
    /// Moves under way, by number.
    var transits: [Int: MediaTransit] = [:]
    var lastTransit = 0
    /// Addresses that a worker passes on for legs it had, until the first worker knows better: now, and the round before.
    var passedOn: (now: [(worker: Int, address: SocketAddress)], before: [(worker: Int, address: SocketAddress)]) = (
        [], []
    )
    var events: [Event] = []
    /// When it is next asked which legs are silent.
    var nextListening = Instant.zero
    /// Lines about packets that are nobody's.
    var strangers = LimitedLog()
    let prompts: PromptLibrary
    /// Names that callers said.
    var names = NameShelf()
    /// Names that are read out, and announcements that wait for some.
    let speech: SpeechService
    var announcements = WaitingAnnouncements()
    /// Recordings under way.
    var recordings: [RecordingID: MixRecording] = [:]
    /// Writes them; there from the first on.
    var recorder: Recorder?
    let clock: MediaClock
    let settings: MediaSettings

    init(
        ports: RTPPorts, shared: [UDPSocket], workers: [MediaWorker], bell: ControlBell, certificate: Certificate,
        settings: MediaSettings, logger: Logger, clock: MediaClock
    ) {
        self.ports = ports
        self.shared = shared
        self.workers = workers
        population = Array(repeating: 0, count: workers.count)
        balance = LoadBalance(workers.count)
        self.bell = bell
        self.certificate = certificate
        self.settings = settings
        self.logger = logger
        self.clock = clock
        prompts = PromptLibrary(
            folder: settings.promptFolder, language: settings.promptLanguage, holdMusic: settings.holdMusic,
            logger: logger)
        speech = SpeechService(language: settings.promptLanguage, bell: bell, logger: logger)
    }

    /// Readable when the media threads have something to say. Whoever watches it owns it.
    public var bellDescriptor: Int32 { bell.readEnd }

    /// Takes what the media threads have to say; the bytes of the bell are read already.
    public func answerBell() {
        bell.clear()
        receiveHandshakes()
        receiveNotices()
        receiveRecorder()
        receiveSpeech()
    }

    /// What happened since the last call.
    public func drain() -> [Event] {
        defer { events.removeAll() }
        return events
    }

    /// Waits for what the media threads have to say of legs that were closed, a moment at most.
    public func awaitClosed() {
        var patience = 60
        while !closing.isEmpty, patience > 0 {
            usleep(5000)
            receiveNotices()
            patience -= 1
        }
    }

    /// Ends the media threads; what they had not sent is lost.
    public func stop() {
        for leg in legs.values.keys.sorted() { close(leg) }
        closeTraversal()
        recorder?.stop()
        speech.stop()
        for worker in workers { worker.tell(.stop) }
    }
}
