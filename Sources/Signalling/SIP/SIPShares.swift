import Primitives
import SIP

/// Which address has how many of what is limited in number.
struct SIPShares {
    private var counts: [IPAddress: Int] = [:]

    subscript(source: IPAddress) -> Int { counts[source] ?? 0 }

    mutating func take(_ source: IPAddress) { counts[source, default: 0] += 1 }

    mutating func release(_ source: IPAddress) {
        let left = self[source] - 1
        counts[source] = left > 0 ? left : nil
    }
}

extension SIPAdapter {
    /// Whether one more may come from there. Once half are taken nobody has more than a quarter, but for PBXs and
    /// proxies, behind which there are many: trusted peers and this machine.
    func hasRoom(_ taken: Int, of limit: Int, _ shares: SIPShares, on flow: SIPFlow) -> Bool {
        guard taken < limit else { return false }
        let source = flow.remote.ip.unmapped
        return limit < 64 || taken < limit / 2 || source.isLoopback || isTrusted(flow) || shares[source] < limit / 4
    }

    /// The last NOTIFY of a subscription was answered, or will not be.
    mutating func forgetSubscription(of source: IPAddress) {
        subscriptionCount -= 1
        watchers.release(source)
    }
}
