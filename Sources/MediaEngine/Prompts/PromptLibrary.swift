import Conference
import Glibc
import Logging
import Media

/// The spoken words and tones, read from their folder when they are first needed. Lives on the control loop.
final class PromptLibrary {
    private let folder: String
    private let language: String
    private let holdMusic: String?
    private let logger: Logger
    /// By path below the folder; nil for what is not there.
    private var known: [String: Recording?] = [:]

    /// No file is longer than a minute at 48 kHz.
    private static let largest = 6_000_000

    init(folder: String, language: String, holdMusic: String? = nil, logger: Logger) {
        self.holdMusic = holdMusic
        self.folder = folder
        self.language = language
        self.logger = logger
    }

    /// What of an announcement there is; a word that is missing in its language is said in the server's, or in English.
    func recordings(_ announcement: Announcement) -> [Recording] {
        announcement.sounds.compactMap { sound in
            if sound == .holdMusic, let holdMusic { return recording(holdMusic, at: holdMusic) }
            guard let name = sound.name else { return nil }
            for place in [announcement.language, language, "en", "tones"].compactMap(\.self) {
                if let found = recording("\(place)/\(name).wav") { return found }
            }
            return nil
        }
    }

    private func recording(_ path: String) -> Recording? { recording(path, at: "\(folder)/\(path)") }

    private func recording(_ path: String, at file: String) -> Recording? {
        if let found = known[path] { return found }
        let bytes = read(file)
        let recording = bytes.flatMap { Recording(wav: $0) }
        if bytes != nil, recording == nil {
            logger.warning("\(file) is not played: it is no WAV of 16 bits, mono, at 8, 16, 22.05 or 48 kHz")
        }
        known[path] = .some(recording)
        return recording
    }

    private func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < Self.largest {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
