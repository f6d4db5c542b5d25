import MediaEngine
import Primitives

/// Where rooms are recorded.
extension SettingsReader {
    func recording() throws -> RecordingSettings? {
        let folder = string("recording.folder", default: "")
        guard !folder.isEmpty else { return nil }
        var settings = RecordingSettings(folder: folder)
        settings.longest = .seconds(60 * (try int("recording.maximum-minutes", default: 240, in: 1...10_080)))
        settings.minimumFree = UInt64(try int("recording.minimum-free", default: 200, in: 0...1_000_000)) << 20
        return settings
    }
}
