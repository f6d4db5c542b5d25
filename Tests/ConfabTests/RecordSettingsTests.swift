import Conference
import Configuration
import Foundation
import MediaEngine
import Primitives
import Runtime
import Testing

@testable import confab

@Suite struct RecordSettingsTests {
    private func settings(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> Settings {
        var values = values
        values["xmpp.secret"] = "s"
        let reader = SettingsReader(ConfigReader(provider: InMemoryProvider(values: values)))
        return try reader.settings(listen: [], withoutXMPP: false)
    }

    @Test func withoutAFolderNothingIsRecorded() throws {
        let plain = try settings([:])
        #expect(plain.media.recording == nil && !plain.conference.records && plain.recordDays == 90)
    }

    @Test func recordingsHaveTheirSettings() throws {
        let settings = try settings([
            "recording.folder": "/srv/recordings", "recording.maximum-minutes": 30, "recording.minimum-free": 5,
            "keys.record": "*11", "records.keep": 0,
        ])
        var expected = RecordingSettings(folder: "/srv/recordings")
        expected.longest = .seconds(1800)
        expected.minimumFree = 5 << 20
        #expect(settings.media.recording == expected && settings.conference.records)
        #expect(settings.conference.keys.sequences[.record] == "*11" && settings.recordDays == 0)
        #expect(throws: SettingsMistake.self) {
            try self.settings(["recording.maximum-minutes": 0, "recording.folder": "/r"])
        }
        #expect(throws: SettingsMistake.self) { try self.settings(["records.keep": -1]) }
    }

    @Test func timesAreReadAsPeopleTypeThem() {
        let now = Date(timeIntervalSince1970: 1_000_000)
        #expect(RecordTime.parse("10m", now: now) == WallTime(milliseconds: 999_400_000))
        #expect(RecordTime.parse("2h", now: now) == WallTime(milliseconds: 992_800_000))
        #expect(RecordTime.parse("1970-01-02", now: now) == WallTime(milliseconds: 86_400_000))
        #expect(RecordTime.parse("1970-01-01T00:01:00Z", now: now) == WallTime(milliseconds: 60_000))
        for text in ["", "h", "-1h", "yesterday", "1970-13-01", "99999999999999999999d"] {
            #expect(RecordTime.parse(text, now: now) == nil)
        }
    }

    @Test func theTableHoldsNothingThatATerminalObeys() {
        let call = CallRecord(
            number: 1, signalling: .sip, direction: .incoming, address: "a\u{1b}[31m@h", name: "B\nb", dialled: "r",
            started: WallTime(milliseconds: 0))
        let lines = RecordTable.lines([call])
        #expect(lines.count == 2 && lines[1].contains("a?[31m@h") && lines[1].contains("B?b"))
        #expect(lines[1].hasPrefix("1       1970-01-01T00:00:00Z") && lines[1].hasSuffix("up"))
    }
}
