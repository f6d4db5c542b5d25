import Logging
import Primitives

/// Lines that strangers can cause, at most ten a second; how many were left out is said with the next.
struct LimitedLog {
    private static let limit = 10

    private var second: Instant?
    private var written = 0
    private var leftOut = 0

    mutating func note(at now: Instant, _ logger: Logger, _ text: () -> String) {
        if second.map({ now - $0 >= .seconds(1) }) ?? true {
            second = now
            written = 0
        }
        guard written < LimitedLog.limit else {
            leftOut += 1
            return
        }
        written += 1
        let more = leftOut == 0 ? "" : " (\(leftOut) such lines were left out before)"
        leftOut = 0
        logger.info("\(text())\(more)")
    }
}
