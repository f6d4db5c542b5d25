import Primitives
import SIP

/// How many more calls each address may begin now; those that are trusted have a limit of their own.
struct SIPCallRates {
    /// How many addresses are kept of either sort; the rest share one allowance.
    static let mostAddresses = 4096
    /// How many calls too many are answered a second; the others are not even that.
    static let answersPerSecond = 40
    /// For how long no call is looked at of an address that began too many.
    static let rest = Duration.milliseconds(500)

    private var strangers: Allowances
    private var trusted: Allowances
    private var answers = Allowances(rate: SIPCallRates.answersPerSecond, limit: 1)
    private var resting: [IPAddress: Instant] = [:]

    init(_ configuration: SIPAdapterConfiguration) {
        strangers = Allowances(rate: configuration.callsPerSecond, limit: SIPCallRates.mostAddresses)
        trusted = Allowances(rate: configuration.trustedCallsPerSecond, limit: SIPCallRates.mostAddresses)
    }

    mutating func take(_ source: IPAddress, isTrusted: Bool, at now: Instant) -> Allowances.Verdict {
        let key = source.customer
        let name = key.description
        let verdict = isTrusted ? trusted.take(name, at: now) : strangers.take(name, at: now)
        guard verdict != .granted else { return .granted }
        if resting.count >= SIPCallRates.mostAddresses { resting = [:] }
        resting[key] = now + SIPCallRates.rest
        return verdict
    }

    /// Whether an address has begun too many calls just now.
    mutating func isResting(_ source: IPAddress, at now: Instant) -> Bool {
        guard !resting.isEmpty, let end = resting[source.customer] else { return false }
        if now < end { return true }
        resting[source.customer] = nil
        return false
    }

    /// Whether one that is too many is told so.
    mutating func mayAnswer(at now: Instant) -> Bool { answers.take("", at: now) == .granted }

    /// Who was refused how many calls since this was last asked, at most every five seconds.
    mutating func report(at now: Instant) -> [(key: String, refused: Int)] {
        strangers.report(at: now) + trusted.report(at: now)
    }

    /// Whether bytes are an INVITE outside of any dialog, as far as a glance tells: one whose To has no tag.
    static func looksLikeCall(_ bytes: [UInt8]) -> Bool {
        guard bytes.starts(with: "INVITE ".utf8) else { return false }
        var lines = bytes.prefix(4096).split(separator: 0x0a, omittingEmptySubsequences: false).makeIterator()
        while let line = lines.next(), line.count > 1 {
            let name = line.prefix { $0 != 0x3a && $0 != 0x20 && $0 != 0x09 }
            guard name.count <= 2, ["to", "t"].contains(String(decoding: name, as: UTF8.self).lowercased()) else {
                continue
            }
            return !String(decoding: line, as: UTF8.self).contains(";tag=")
        }
        return false
    }
}

extension SIPAdapter {
    /// Whether bytes are dropped unread: calls of an address that began too many just now, but for some that are answered.
    mutating func leavesOut(_ bytes: [UInt8], on flow: SIPFlow, at now: Instant) -> Bool {
        rates.isResting(flow.remote.ip.unmapped, at: now) && SIPCallRates.looksLikeCall(bytes)
            && !rates.mayAnswer(at: now)
    }

    /// Whether a message is looked at: all but new calls of an address that begins more of them than it may. Those get
    /// 503 without a transaction (RFC 3261 section 8.2.7).
    mutating func takes(_ message: SIPMessage, on flow: SIPFlow, at now: Instant) -> Bool {
        guard message.method == .invite, message.to.tag == nil, !transactions.knows(message, on: flow) else {
            return true
        }
        let source = flow.remote.ip.unmapped
        var verdict = Allowances.Verdict.refused
        if !rates.isResting(source, at: now) {
            verdict = rates.take(source, isTrusted: source.isLoopback || isTrusted(flow), at: now)
            for (key, refused) in rates.report(at: now) {
                note(.warning, "refused calls of \(key) \(refused) times for being too many")
            }
        }
        guard verdict != .granted else { return true }
        if verdict == .refusedFirst { complain("too many calls from \(source)", .warning, at: now) }
        transactions.refuse(message, on: flow, retryAfter: 10)
        return false
    }
}
