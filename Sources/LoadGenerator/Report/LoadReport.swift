import Primitives

/// What a run measured, as JSON and as text.
public struct LoadReport: Sendable {
    let options: LoadOptions
    let results: MediaResults
    let tally: JoinTally

    init(_ options: LoadOptions, _ results: MediaResults, _ tally: JoinTally) {
        self.options = options
        self.results = results
        self.tally = tally
    }

    private var present: [MediaResults.Participant] { results.participants.compactMap(\.self) }
    private var seconds: Double { max(results.duration.inSeconds, 0.001) }

    /// Everything.
    public var json: JSONValue {
        .object([
            "setup": setup,
            "participants": participants,
            "duration-s": .number(LoadReport.round(seconds)),
            "sent": sent,
            "received": received,
            "gaps": gaps,
            "loss": loss,
            "jitter-ms": LoadReport.spread(Distribution(present.map { $0.reception.jitter / 1e6 })),
            "delay-ms": delay,
            "audible": audible,
            "signalling-ms": signalling,
            "generator": generator,
        ])
    }

    private var setup: JSONValue {
        let kind: String
        switch options.scenario {
        case .sip(let target, let overTCP): kind = "sip \(target) \(overTCP ? "tcp" : "udp")"
        case .jingle(_, _, let domain, let room): kind = "jingle \(room)@\(domain)"
        case .gateway(let target, _): kind = "gateway \(target)"
        case .rtp: kind = "rtp"
        }
        return .object([
            "calls": .text(kind), "rooms": .number(Double(options.rooms)),
            "room-size": .number(Double(options.roomSize ?? options.participants)),
            "codec": .text(options.codec.rawValue), "callee-codec": .text(options.codec(of: 1).rawValue),
            "security": .text(options.security.rawValue),
            "talkers": .number(Double(options.talkers)), "rest": .text(options.rest.rawValue),
            "loss-percent": .number(options.loss * 100), "jitter-ms": .number(options.jitter.inSeconds * 1000),
            "ramp-per-s": .number(options.ramp),
        ])
    }

    private var participants: JSONValue {
        let slow = present.count { Double($0.reception.packets) / seconds < 49.5 }
        var reasons: [String: Int] = [:]
        for failure in tally.failures { reasons[failure.reason, default: 0] += 1 }
        for dropped in tally.dropped { reasons[dropped.reason, default: 0] += 1 }
        return .object([
            "asked": .number(Double(options.participants)), "joined": .number(Double(tally.joined)),
            "failed": .number(Double(tally.failures.count)), "dropped": .number(Double(tally.dropped.count)),
            "at-end": .number(Double(present.count)), "below-49.5-per-s": .number(Double(slow)),
            "reasons": .object(
                reasons.sorted { $0.value > $1.value }.prefix(10).map { .init($0.key, .number(Double($0.value))) }),
        ])
    }

    private var sent: JSONValue {
        let packets = present.reduce(0) { $0 + Double($1.sent) }
        return .object([
            "packets": .number(packets), "per-s": .number(LoadReport.round(packets / seconds)),
            "per-participant-per-s": rates(present.map { Double($0.sent) / seconds }),
            "not-taken-by-kernel": .number(Double(results.sendErrors)),
            "lost-on-purpose": .number(Double(results.droppedOnPurpose)),
        ])
    }

    private var received: JSONValue {
        let packets = present.reduce(0) { $0 + Double($1.reception.packets) }
        let bytes = present.reduce(0) { $0 + Double($1.reception.bytes) }
        return .object([
            "packets": .number(packets), "per-s": .number(LoadReport.round(packets / seconds)),
            "per-participant-per-s": rates(present.map { Double($0.reception.packets) / seconds }),
            "megabits-per-s": .number(LoadReport.round(bytes * 8 / seconds / 1e6)),
            "from-unknown": .number(Double(results.unknown)), "unauthentic": .number(Double(results.unauthentic)),
        ])
    }

    private func rates(_ values: [Double]) -> JSONValue {
        let rates = Distribution(values)
        return .object([
            "min": .number(LoadReport.round(rates.minimum)), "mean": .number(LoadReport.round(rates.mean)),
            "p1": .number(LoadReport.round(rates.percentile(0.01))),
        ])
    }

    private var gaps: JSONValue {
        let count = present.reduce(0) { $0 + Double($1.reception.gaps) }
        let over30 = present.reduce(0) { $0 + Double($1.reception.gapsOver30) }
        let over60 = present.reduce(0) { $0 + Double($1.reception.gapsOver60) }
        let longest = present.map(\.reception.longestGap).max() ?? 0
        return .object([
            "count": .number(count), "over-30-ms": .number(over30), "over-60-ms": .number(over60),
            "share-over-30-ms": .number(LoadReport.share(over30, count)),
            "share-over-60-ms": .number(LoadReport.share(over60, count)),
            "longest-ms": .number(LoadReport.round(Double(longest) / 1e6)),
            "pauses": .number(present.reduce(0) { $0 + Double($1.reception.pauses) }),
        ])
    }

    private var loss: JSONValue {
        let lost = present.reduce(0) { $0 + Double($1.reception.lost) }
        let packets = present.reduce(0) { $0 + Double($1.reception.packets) }
        return .object([
            "packets": .number(lost), "share": .number(LoadReport.share(lost, lost + packets)),
            "reordered": .number(present.reduce(0) { $0 + Double($1.reception.reordered) }),
        ])
    }

    private var delay: JSONValue {
        func values(_ delays: [Int64]) -> Distribution { Distribution(delays.map { Double($0) / 1e6 }) }
        let all = values(results.hearings.flatMap(\.delays))
        return .object([
            "median": .number(LoadReport.round(all.median)), "p99": .number(LoadReport.round(all.percentile(0.99))),
            "max": .number(LoadReport.round(all.maximum)), "count": .number(Double(all.count)),
            "markers-sent": .number(Double(results.markersSent)),
            "listeners": .list(
                results.hearings.map { hearing in
                    let delays = values(hearing.delays)
                    return .object([
                        "participant": .number(Double(hearing.participant)),
                        "median": .number(LoadReport.round(delays.median)),
                        "p99": .number(LoadReport.round(delays.percentile(0.99))),
                        "count": .number(Double(delays.count)),
                        "broken": .number(Double(hearing.broken)),
                    ])
                }),
        ])
    }

    private var audible: JSONValue {
        let missing = present.reduce(0) { $0 + Double($1.reception.missingFrames) }
        let frames = present.reduce(0) { $0 + Double($1.reception.packets) }
        let missed = results.hearings.reduce(0) { $0 + max(0, results.markersSent - $1.delays.count) }
        return .object([
            "gaps": .number(present.reduce(0) { $0 + Double($1.reception.missingRuns) }),
            "missing-frames": .number(missing), "share": .number(LoadReport.share(missing, frames)),
            "markers-missed": .number(Double(missed)),
            "markers-broken": .number(results.hearings.reduce(0) { $0 + Double($1.broken) }),
        ])
    }

    private var signalling: JSONValue {
        .object(
            CallEvent.Step.allCases.compactMap { step in
                guard let times = tally.times[step], !times.isEmpty else { return nil }
                return JSONValue.Member(step.rawValue, LoadReport.signalling(times))
            })
    }

    /// One step's times, all together and by tens of joins (by more where there would be more than fifty groups).
    private static func signalling(_ times: [Int: Double]) -> JSONValue {
        let all = Distribution(times.values.map { $0 * 1000 })
        let last = times.keys.max() ?? 0
        let size = max(10, (last / 500 + 1) * 10)
        let groups = stride(from: 0, through: last, by: size).compactMap { start -> JSONValue? in
            let group = Distribution((start..<(start + size)).compactMap { times[$0].map { $0 * 1000 } })
            guard group.count > 0 else { return nil }
            return .object([
                "from": .number(Double(start + 1)), "to": .number(Double(min(start + size, last + 1))),
                "median": .number(round(group.median)), "max": .number(round(group.maximum)),
            ])
        }
        return .object([
            "count": .number(Double(all.count)), "median": .number(round(all.median)),
            "p99": .number(round(all.percentile(0.99))), "max": .number(round(all.maximum)),
            "by-joins": .list(groups),
        ])
    }

    private var generator: JSONValue {
        func milliseconds(_ value: Int64) -> JSONValue { .number(LoadReport.round(Double(value) / 1e6)) }
        return .object([
            "late-ms": .object([
                "median": milliseconds(results.lateness.percentile(0.5)),
                "p99": milliseconds(results.lateness.percentile(0.99)), "max": milliseconds(results.lateness.maximum),
            ]),
            "receive-buffer-drops": .number(Double(results.receiveDrops)),
            "cpu-percent": .number(LoadReport.round(results.processTime.inSeconds / seconds * 100)),
            "media-thread-cpu-percent": .number(LoadReport.round(results.threadTime.inSeconds / seconds * 100)),
        ])
    }

    private static func spread(_ values: Distribution) -> JSONValue {
        .object([
            "median": .number(round(values.median)), "p99": .number(round(values.percentile(0.99))),
            "max": .number(round(values.maximum)),
        ])
    }

    static func round(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    static func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
}
