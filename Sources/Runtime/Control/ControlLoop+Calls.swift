import Conference
import Logging
import MediaEngine
import Primitives
import Storage

/// Call records: kept as legs begin, are answered and end.
extension ControlLoop {
    private static let forgetInterval = Duration.seconds(3600)

    /// A command was carried out, or time had effects.
    func keepCalls(_ command: Command?, _ effects: [Effect], _ wall: WallTime, because word: String? = nil) {
        for record in calls?.note(command, effects, conference, wall, because: word) ?? [] { keep(record) }
    }

    /// A leg's media is over.
    func keepMedia(_ leg: LegID, _ media: CallRecord.Media) {
        metrics.count(media)
        if let record = calls?.mediaEnded(leg, media) { keep(record) }
    }

    /// Now and then, records that are old enough are forgotten.
    func forgetCalls() {
        let now = MonotonicClock.now
        guard calls != nil, callsForgotten == .zero || now - callsForgotten >= Self.forgetInterval else { return }
        callsForgotten = now
        let oldest = MonotonicClock.wall.milliseconds - callRetention.nanoseconds / 1_000_000
        do { try store.forgetCalls(before: WallTime(milliseconds: oldest)) } catch { logger.error("\(error)") }
    }

    private func keep(_ record: CallRecord) {
        do { try store.write(.call(record)) } catch {
            logger.error("\(error)")
            metrics.storeFailed()
        }
    }
}
