import Conference
import Logging
import Media
import Testing

@testable import MediaEngine

@Suite struct PromptLibraryTests {
    /// The words and tones of the repository.
    private static let folder =
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/\($1)" } + "/config/prompts"

    private static let words: [Sound] =
        [
            .enterPIN, .wrongPIN, .goodbye, .youAreFirst, .waitForModerator, .roomFull, .roomLocked, .roomUnlocked,
            .muted, .unmuted, .allMuted, .handUp, .handDown, .recordingStarted, .recordingStopped, .moreThan,
            .participant, .participants, .sayName, .hasJoined, .hasLeft,
        ] + (0...20).map { .number($0) } + stride(from: 30, through: 100, by: 10).map { .number($0) }

    private func library(_ language: String) -> PromptLibrary {
        PromptLibrary(folder: Self.folder, language: language, logger: Logger(label: "test"))
    }

    @Test(arguments: ["en", "de"])
    func everyWordIsThereInEachLanguage(language: String) {
        let library = library(language)
        for sound in Self.words + [.joinTone, .leaveTone, .beep] {
            let found = library.recordings(Announcement([sound]))
            #expect(found.count == 1, "\(sound)")
            // From a tenth of a second to six seconds at 48 kHz.
            #expect((4800...288_000).contains(found.first?.count ?? 0), "\(sound)")
        }
    }

    @Test func aWordThatIsMissingIsSaidInAnotherLanguage() {
        let found = library("de").recordings(Announcement([.muted, .joinTone], language: "xx"))
        #expect(found.map(\.count) == library("de").recordings(Announcement([.muted, .joinTone])).map(\.count))
        #expect(found.count == 2)
    }

    @Test func withoutTheFolderNothingIsSaid() {
        let library = PromptLibrary(folder: "/nowhere", language: "en", logger: Logger(label: "test"))
        #expect(library.recordings(Announcement([.muted, .goodbye])).isEmpty)
    }
}
