import ArgumentParser
import Conference
import Foundation
import Primitives
import Runtime
import Storage

/// `confab records`: prints what is kept of calls, beside a running server or without one.
struct Records: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the records of calls, one line for each leg.")

    @OptionGroup var source: SettingsOptions

    @Option(name: .long, help: "Of this room alone.")
    var room: String?

    @Option(name: .long, help: "Begun then or later: 2026-01-31, 2026-01-31T12:00:00Z, or 90m, 12h, 7d ago.")
    var since: String?

    @Option(name: .long, help: "The last ones.")
    var last = 1000

    @Flag(name: .long, help: "As JSON, an object a line.")
    var json = false

    func run() async throws {
        let settings = try await source.load().settings
        let name = try room.map { text in
            guard let name = RoomName(text) else { throw ValidationError("`\(text)` cannot name a room") }
            return name
        }
        let begin = try since.map { text in
            guard let time = RecordTime.parse(text, now: Date()) else {
                throw ValidationError("`\(text)` is no time; 2026-01-31, 2026-01-31T12:00:00Z and 12h are")
            }
            return time
        }
        do {
            let calls = try Store(reading: settings.storagePath).calls(in: name, since: begin, limit: max(0, last))
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                for call in calls { print(String(decoding: try encoder.encode(RecordLine(call)), as: UTF8.self)) }
            } else {
                for line in RecordTable.lines(calls) { print(line) }
            }
        } catch let error as StoreError {
            throw ValidationError("\(error)")
        }
    }
}
