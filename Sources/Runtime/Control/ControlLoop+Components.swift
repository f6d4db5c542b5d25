import MediaEngine
import NIOCore

extension ControlLoop: ComponentDelegate {
    nonisolated func componentConnected(_ domain: String, attempt: Int, channel: any Channel) {
        assumeIsolated { control in
            control.with(domain) { $0.connected(attempt: attempt, channel, now: MonotonicClock.now) }
        }
    }

    nonisolated func componentFailed(_ domain: String, attempt: Int, reason: String) {
        assumeIsolated { control in
            control.with(domain) { $0.failed(attempt: attempt, reason, now: MonotonicClock.now) }
        }
    }

    nonisolated func componentBytes(_ domain: String, attempt: Int, _ bytes: [UInt8]) {
        assumeIsolated { control in
            control.with(domain) { $0.received(attempt: attempt, bytes, now: MonotonicClock.now) }
        }
    }

    private func with(_ domain: String, _ body: (ComponentLink) -> Void) {
        guard let link = links.first(where: { $0.domain == domain }) else { return }
        body(link)
        follow(link.settle(self), of: link)
        settle([])
    }
}
