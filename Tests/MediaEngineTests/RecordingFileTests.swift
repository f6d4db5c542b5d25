import Conference
import Foundation
import Glibc
import Logging
import Primitives
import Testing

@testable import Media
@testable import MediaEngine

@Suite struct RecordingFileTests {
    private let folder: URL
    private let time = WallTime(milliseconds: 1_795_262_709_123)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "confab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func name(_ room: String, number: Int = 1) throws -> String {
        RecordingName.file(try #require(RoomName(room)), time, number: number)
    }

    private func push(_ ticks: Range<Int>, on tape: MixTape) {
        for tick in ticks { [UInt8](repeating: 0x7b, count: 80).withUnsafeBytes { tape.push(UInt64(tick), $0) } }
    }

    @Test func aFileIsNamedByRoomAndTime() throws {
        #expect(try name("demo") == "demo-20261121T120509Z.opus")
        #expect(try name("demo", number: 2).hasSuffix("Z-2.opus"))
        #expect(try name("a.b-c_d").hasPrefix("a.b-c_d-2026"))
    }

    @Test func noNameLeavesTheFolder() throws {
        for text in ["höhle", ".hidden", "..", "a\u{2044}b", "x%2fy", "日本", String(repeating: "r", count: 200)] {
            guard let room = RoomName(text) else { continue }
            let name = RecordingName.file(room, time)
            #expect(!name.hasPrefix(".") && name.utf8.count < 120)
            #expect(name.utf8.allSatisfy { $0 < 0x7f && $0 > 0x20 && $0 != UInt8(ascii: "/") })
        }
    }

    @Test func aRecordingIsWrittenAsItComesAndEndsWithItsTape() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let room = try #require(RoomName("demo"))
        let tape = MixTape()
        var file = try RecordingFile.make(
            RecordingID(1), of: room, on: tape, in: folder.path(), at: time, serial: 7)
        var other = try RecordingFile.make(
            RecordingID(2), of: room, on: MixTape(), in: folder.path(), at: time, serial: 8)
        let otherPath = other.path
        #expect(otherPath.hasSuffix("-2.opus"))
        _ = try other.drain()
        push(0..<30, on: tape)
        var isOver = try file.drain()
        #expect(!isOver)
        let path = file.path
        let early = try Data(contentsOf: URL(filePath: path)).count
        #expect(early > 20 * 80)
        push(40..<60, on: tape)
        tape.end()
        isOver = try file.drain()
        let length = file.milliseconds
        #expect(isOver && length == 60 * 20)
        #expect(try Data(contentsOf: URL(filePath: path)).count > early + 25 * 80)
    }

    @Test func aFullDiskIsToldWithoutAnythingBreaking() throws {
        let tape = MixTape()
        guard let stream = OggOpusStream(serial: 1, vendor: "", comments: []) else { return }
        var file = RecordingFile(RecordingID(1), tape, "/dev/full", open("/dev/full", O_WRONLY), stream)
        push(0..<30, on: tape)
        var code: Int32 = 0
        do throws(SystemFailure) { _ = try file.drain() } catch { code = error.code }
        #expect(code == ENOSPC)
    }

    @Test func theThreadWritesWhatItIsToldToAndSaysWhatBecomesOfIt() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let room = try #require(RoomName("demo"))
        var settings = RecordingSettings(folder: folder.path())
        settings.minimumFree = 0
        let recorder = Recorder(settings, bell: try ControlBell(), logger: Logger(label: "test"))
        try recorder.start()
        let tape = MixTape()
        push(0..<100, on: tape)
        recorder.tell(.begin(RecordingID(5), room, tape, serial: 1))
        tape.end()
        recorder.stop()
        var notices: [String] = []
        while let notice = recorder.nextNotice() {
            switch notice {
            case .began(let id): notices.append("began \(id.value)")
            case .ended(let id, let end): notices.append("ended \(id.value) \(end?.words ?? "")")
            }
        }
        #expect(notices.first == "began 5")
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(found.count == 1)
        let size = try Data(contentsOf: folder.appending(path: found.first ?? "")).count
        #expect(size > 100 * 80)
    }

    @Test func withoutSpaceNothingBegins() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var settings = RecordingSettings(folder: folder.path())
        settings.minimumFree = .max
        let recorder = Recorder(settings, bell: try ControlBell(), logger: Logger(label: "test"))
        try recorder.start()
        recorder.tell(.begin(RecordingID(5), try #require(RoomName("demo")), MixTape(), serial: 1))
        recorder.stop()
        if case .ended(RecordingID(5), .noSpace) = recorder.nextNotice() {} else { Issue.record("it began") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()).isEmpty)
    }
}
