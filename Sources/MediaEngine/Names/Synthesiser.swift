import CLinux
import Glibc
import Primitives

/// One run of espeak-ng: the text goes in by its standard input, a WAV file comes out by its standard output.
enum Synthesiser {
    private static let program = "espeak-ng"
    /// Ten seconds at 22.05 kHz.
    private static let largest = 441_044

    static func wav(of name: SpokenName, by due: Instant) throws(SystemFailure) -> [UInt8] {
        guard MonotonicClock.now < due else { throw SystemFailure(program, ETIMEDOUT) }
        // A pair of sockets, as writing to one whose other end is gone raises no signal if asked not to.
        let input = try ends("socketpair") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0) }
        defer { for end in input { close(end) } }
        let output = try ends("pipe") { pipe($0) }
        var isOpen = true
        defer {
            close(output[0])
            if isOpen { close(output[1]) }
        }
        let process = try start(voice: name.voice, input: input[1], output: output[1])
        close(output[1])
        isOpen = false
        let text = Array(name.text.utf8)
        _ = send(input[0], text, text.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        shutdown(input[0], Int32(SHUT_WR))
        let wav = read(output[0], by: due)
        if wav.map({ $0.count >= largest }) ?? true { kill(process, SIGKILL) }
        try reap(process, by: due)
        guard let wav else { throw SystemFailure(program, ETIMEDOUT) }
        return wav
    }

    private static func ends(
        _ call: String, _ make: (UnsafeMutablePointer<Int32>) -> Int32
    ) throws(SystemFailure) -> [Int32] {
        var ends: [Int32] = [-1, -1]
        let result = ends.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.map { make($0) } ?? -1 }
        guard result == 0 else { throw SystemFailure(call, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends
    }

    private static func start(voice: String, input: Int32, output: Int32) throws(SystemFailure) -> pid_t {
        let words: [String] = [program, "--stdin", "--stdout", "-b", "1", "-s", "150", "-v", voice]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let failure = confab_spawn(program, arguments, input, output, &process)
        guard failure == 0 else { throw SystemFailure(program, failure) }
        return process
    }

    /// Until its end; nil when that is too late.
    private static func read(_ descriptor: Int32, by due: Instant) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < largest {
            let left = (due - MonotonicClock.now).milliseconds
            guard left > 0 else { return nil }
            var ear = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ear, 1, Int32(clamping: left)) > 0 else { continue }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// What has said all it will ends soon, or is ended.
    private static func reap(_ process: pid_t, by due: Instant) throws(SystemFailure) {
        var status: Int32 = 0
        while true {
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process || ended < 0 && errno != EINTR { return }
            if MonotonicClock.now >= due { kill(process, SIGKILL) }
            usleep(1000)
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
