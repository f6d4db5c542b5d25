import Logging
import Media
import Primitives

/// Names as a synthesiser reads them: those of late are kept, the others asked for. Lives on the control loop.
final class SpeechService {
    private let language: String
    private let bell: ControlBell
    private let logger: Logger
    /// There from the first name on.
    private var speakers: [Speaker] = []
    private var known: [SpokenName: (recording: Recording, used: Int)] = [:]
    private var asked: Set<SpokenName> = []
    /// Kept no more, and perhaps still being played.
    private var retired: [Recording] = []
    private var turn = 0
    private var isMissing = false
    private var unspoken: Set<String> = []

    private static let speakerCount = 2
    /// Most names that are kept.
    private let mostKnown: Int
    /// Most names that wait to be read out.
    static let mostAsked = 100
    /// By when a name is to be read out.
    static let patience = Duration.seconds(3)

    init(language: String, mostKnown: Int = 100, bell: ControlBell, logger: Logger) {
        self.mostKnown = mostKnown
        self.language = language
        self.bell = bell
        self.logger = logger
    }

    func name(_ text: String, language: String?) -> SpokenName? {
        SpokenName(text, language: language ?? self.language)
    }

    func isKnown(_ name: SpokenName) -> Bool { known[name] != nil }

    subscript(_ name: SpokenName) -> Recording? {
        turn += 1
        known[name]?.used = turn
        return known[name]?.recording
    }

    /// Has a name read out; it comes back by `receive`.
    /// - Returns: false when it will not.
    func ask(for name: SpokenName) -> Bool {
        if asked.contains(name) { return true }
        guard !isMissing, asked.count < Self.mostAsked, start() else { return false }
        asked.insert(name)
        turn += 1
        speakers[turn % speakers.count].tell(.say(name, by: MonotonicClock.now + Self.patience))
        return true
    }

    /// Names that were read out, or could not be.
    func receive() -> [SpokenName] {
        var names: [SpokenName] = []
        for speaker in speakers {
            while let notice = speaker.nextNotice() {
                asked.remove(notice.name)
                names.append(notice.name)
                switch notice.outcome {
                case .said(let recording): keep(recording, notice.name)
                case .noProgram:
                    if !isMissing { logger.warning("espeak-ng is not installed: a tone is played in place of names") }
                    isMissing = true
                case .failed(let why):
                    guard unspoken.count < 16, unspoken.insert(notice.name.language).inserted else { continue }
                    logger.warning("espeak-ng does not read names in `\(notice.name.language)`: \(why)")
                }
            }
        }
        return names
    }

    func stop() { for speaker in speakers { speaker.tell(.stop) } }

    private func keep(_ recording: Recording, _ name: SpokenName) {
        if known.count >= mostKnown, let oldest = known.min(by: { $0.value.used < $1.value.used }) {
            known[oldest.key] = nil
            retired.append(oldest.value.recording)
        }
        for index in retired.indices.reversed() where retired[index].isUnused() { retired.remove(at: index) }
        turn += 1
        known[name] = (recording, turn)
    }

    private func start() -> Bool {
        guard speakers.isEmpty else { return true }
        for _ in 0..<Self.speakerCount {
            let speaker = Speaker(bell: bell)
            do { try speaker.start() } catch {
                logger.error("names are not read out: \(error)")
                continue
            }
            speakers.append(speaker)
        }
        return !speakers.isEmpty
    }
}
