import Conference
import Metrics

/// What is counted, by swift-metrics; whoever runs the process decides where the numbers go.
struct ServerMetrics {
    private let calls = Gauge(label: "confab_calls")
    private let callsOffered = Counter(label: "confab_calls_total", dimensions: [("direction", "in")])
    private let callsDialled = Counter(label: "confab_calls_total", dimensions: [("direction", "out")])
    private let messages = Counter(label: "confab_messages_total")
    private let refusedMessages = Counter(label: "confab_messages_refused_total")
    private let decoded = Counter(label: "confab_media_packets_total", dimensions: [("work", "decoded")])
    private let relayed = Counter(label: "confab_media_packets_total", dimensions: [("work", "relayed")])
    private let encoded = Counter(label: "confab_media_packets_total", dimensions: [("work", "encoded")])
    private let storeFailures = Counter(label: "confab_store_failures_total")

    func count(_ command: Command) {
        if case .legOffered = command { callsOffered.increment() }
    }

    func count(_ effect: Effect) {
        switch effect {
        case .dial: callsDialled.increment()
        case .submitted(_, .accepted): messages.increment()
        case .submitted(_, .refused): refusedMessages.increment()
        default: break
        }
    }

    /// A leg's media is over.
    func count(_ media: CallRecord.Media) {
        decoded.increment(by: media.packetsDecoded)
        relayed.increment(by: media.packetsRelayed)
        encoded.increment(by: media.packetsEncoded)
    }

    func storeFailed() { storeFailures.increment() }

    func calls(now: Int) { calls.record(now) }
}
