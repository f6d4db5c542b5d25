import Conference
import Glibc
import Media
import Primitives

/// One recording: its stream, and the file it goes to. What is on the disk is whole pages at any time.
struct RecordingFile: ~Copyable {
    let id: RecordingID
    let tape: MixTape
    let path: String
    private let descriptor: Int32
    private var stream: OggOpusStream
    private var time = RecordedTime()
    private var written: Int64 = 0
    /// Packets in a page: half a second, so that no more is lost when the process dies.
    private static let pagePackets = 25
    private static let highestNumber = 99

    init(_ id: RecordingID, _ tape: MixTape, _ path: String, _ file: Int32, _ stream: consuming OggOpusStream) {
        self.id = id
        self.tape = tape
        self.path = path
        descriptor = file
        self.stream = stream
    }

    /// Makes a file that was not there, and writes the headers.
    static func make(
        _ id: RecordingID, of room: RoomName, on tape: MixTape, in folder: String, at time: WallTime, serial: UInt32
    ) throws(SystemFailure) -> RecordingFile {
        let comments = ["TITLE=\(room.text)", "DATE=\(time.iso8601)", "ENCODER=Confab"]
        guard let stream = OggOpusStream(serial: serial, vendor: "Confab", comments: comments) else {
            throw SystemFailure(folder, ENOMEM)
        }
        var path = ""
        var number = 1
        var descriptor: Int32 = -1
        repeat {
            path = "\(folder)/\(RecordingName.file(room, time, number: number))"
            descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o640)
            number += 1
        } while descriptor < 0 && errno == EEXIST && number <= Self.highestNumber
        guard descriptor >= 0 else { throw SystemFailure(path, errno) }
        var file = RecordingFile(id, tape, path, descriptor, stream)
        try file.flush()
        return file
    }

    deinit { close(descriptor) }

    /// Milliseconds that were recorded.
    var milliseconds: Int64 { Int64(clamping: time.count) * 20 }

    /// Writes what is on the tape.
    /// - Returns: whether that was all there will be.
    mutating func drain() throws(SystemFailure) -> Bool {
        let isEnded = tape.isEnded
        while takeTick() { if stream.pending >= Self.pagePackets { try flush() } }
        if isEnded { try finish() }
        return isEnded
    }

    /// The last page.
    mutating func finish() throws(SystemFailure) {
        stream.end()
        try flush()
    }

    private mutating func takeTick() -> Bool {
        var time = self.time
        defer { self.time = time }
        return tape.take { tick, packet in
            time.take(tick, packet.first) { piece in
                switch piece {
                case .packet: stream.add(packet)
                case .concealment(let octet): withUnsafeBytes(of: octet) { stream.add($0) }
                case .silence: stream.addSilence()
                }
            }
        }
    }

    private mutating func flush() throws(SystemFailure) {
        stream.flush()
        let pages = stream.takePages()
        var done = 0
        while done < pages.count {
            let count = pages.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + done }, pages.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = SystemFailure("write", count < 0 ? errno : ENOSPC)
                // No half page is left behind.
                _ = ftruncate(descriptor, off_t(written))
                throw failure
            }
            done += count
        }
        written += Int64(pages.count)
    }
}
