import Glibc
import Primitives

/// One line a second that tells how the run goes.
struct ProgressLine {
    let asked: Int
    var isMeasuring = false
    private(set) var next = Instant.zero
    private var began: Instant?
    private var last = MediaBoard.Progress()
    private var lastTime = Instant.zero

    init(asked: Int) { self.asked = asked }

    /// The line, when it is time for one.
    mutating func tick(_ now: Instant, _ progress: MediaBoard.Progress, _ tally: JoinTally) -> String? {
        guard now >= next else { return nil }
        let start = began ?? now
        began = start
        next = now + .seconds(1)
        let seconds = max((now - lastTime).inSeconds, 0.001)
        defer {
            last = progress
            lastTime = now
        }
        guard lastTime > .zero else { return nil }
        let sent = Int((Double(progress.sent &- last.sent) / seconds).rounded())
        let received = Int((Double(progress.received &- last.received) / seconds).rounded())
        let failed = tally.failures.count + tally.dropped.count
        return "\(Int((now - start).inSeconds)) s  \(isMeasuring ? "measuring" : "joining")  "
            + "\(tally.joined)/\(asked) joined" + (failed > 0 ? ", \(failed) failed" : "")
            + "  sent \(sent)/s  received \(received)/s  latest slot \(Double(progress.latest / 10_000) / 100) ms"
    }
}
