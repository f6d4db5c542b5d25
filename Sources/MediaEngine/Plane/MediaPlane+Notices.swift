import Conference
import Logging
import Media

extension MediaPlane {
    /// What the media threads have to say, to be fetched whenever the bell rings.
    func receiveNotices() {
        for worker in workers {
            while let notice = worker.nextNotice() {
                switch notice {
                case .event(let leg, .digit(let code)): events.append(.digit(leg, code))
                case .event(let leg, .source(let ssrc)): events.append(.source(leg, ssrc))
                case .event(let leg, .played): events.append(.played(leg))
                case .event(let leg, .captured): captured(leg)
                case .event(_, .digitEnded), .event(_, .bye): break
                case .refused(let leg, let count, let last):
                    strangers.note(at: MonotonicClock.now, logger) {
                        "\(leg): \(count) RTP packets refused as not its peer's, the last from \(last)"
                    }
                case .failed(let leg):
                    events.append(.failed(leg, .failed("its codec cannot be had")))
                case .silent(let leg): giveUp(leg)
                case .arrived(let transit): arrived(transit)
                case .weighed(let worker, let rooms): rebalance(worker, rooms)
                case .closed(let leg, let statistics): closed(leg, statistics)
                }
            }
        }
    }

    private func closed(_ leg: LegID, _ statistics: LegStatistics?) {
        if let session = closing.removeValue(forKey: leg) { events.append(.closed(leg, session.record(statistics))) }
        guard let statistics else { return }
        logger.info(
            """
            \(leg): \(statistics.packetsReceived) packets in, \(statistics.packetsSent) out, \
            \(statistics.packetsLost) lost, jitter \(statistics.jitter); \(statistics.work)
            """)
    }
}
