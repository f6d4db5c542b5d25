import Primitives
import SIP

/// How many more calls each address may begin now; those that are trusted have a limit of their own.
struct SIPCallRates {
    /// How many addresses are kept of either sort; the rest share one allowance.
    static let mostAddresses = 4096
    /// How many calls too many are answered a second; the others are not even that.
    static let answersPerSecond = 200

    private var strangers: Allowances
    private var trusted: Allowances
    private var answers = Allowances(rate: SIPCallRates.answersPerSecond, limit: 1)

    init(_ configuration: SIPAdapterConfiguration) {
        strangers = Allowances(rate: configuration.callsPerSecond, limit: SIPCallRates.mostAddresses)
        trusted = Allowances(rate: configuration.trustedCallsPerSecond, limit: SIPCallRates.mostAddresses)
    }

    mutating func take(_ source: IPAddress, isTrusted: Bool, at now: Instant) -> Allowances.Verdict {
        let key = SIPCallRates.key(source)
        return isTrusted ? trusted.take(key, at: now) : strangers.take(key, at: now)
    }

    /// Whether one that is too many is told so.
    mutating func mayAnswer(at now: Instant) -> Bool { answers.take("", at: now) == .granted }

    /// Who was refused how many calls since this was last asked, at most every five seconds.
    mutating func report(at now: Instant) -> [(key: String, refused: Int)] {
        strangers.report(at: now) + trusted.report(at: now)
    }

    /// A whole IPv6 network of one customer counts as one.
    private static func key(_ source: IPAddress) -> String {
        if case .v6(let high, _) = source { return IPAddress.v6(high: high, low: 0).description }
        return source.description
    }
}

extension SIPAdapter {
    /// Whether a message is looked at: all but new calls of an address that begins more of them than it may. Those get
    /// 503 without a transaction (RFC 3261 section 8.2.7), as long as there are not too many of them either.
    mutating func takes(_ message: SIPMessage, on flow: SIPFlow, at now: Instant) -> Bool {
        guard message.method == .invite, message.to.tag == nil, !transactions.knows(message, on: flow) else {
            return true
        }
        let source = flow.remote.ip.unmapped
        let isTrusted = source.isLoopback || isTrusted(flow)
        let verdict = rates.take(source, isTrusted: isTrusted, at: now)
        for (key, refused) in rates.report(at: now) { note(.warning, "refused \(refused) calls too many from \(key)") }
        guard verdict != .granted else { return true }
        if verdict == .refusedFirst { complain("too many calls from \(source)", .warning, at: now) }
        if rates.mayAnswer(at: now) { transactions.refuse(message, on: flow, retryAfter: 10) }
        return false
    }
}
