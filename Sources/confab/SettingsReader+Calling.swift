import Conference
import Primitives
import Runtime

/// Who may call which numbers, and how much.
extension SettingsReader {
    /// Puts rules and quotas into settings that are otherwise read.
    func calling(into settings: inout Settings) throws {
        let plan = settings.conference.numbers
        let (names, own) = try classes()
        let longest = try int("gateway.internal-digits", default: 5, in: 1...8)
        var calling = CallingConfiguration(classes: NumberClasses(plan, longestShort: longest, own: own))
        let known = names.union([
            .internal, .emergency, .national, .mobile, .international, .premium, .satellite, .code,
        ])
        calling.rules = try strings("gateway.allow").map { try rule($0, known) }
        if plan.country.isEmpty,
            !calling.rules.allSatisfy({ $0.classes == nil || $0.classes?.isSubset(of: names) == true })
        {
            throw SettingsMistake(
                key: "gateway.country-code", problem: "is missing: gateway.allow tells classes apart by it")
        }
        calling.quotas = try strings("gateway.quotas").map { try quota($0, known) }
        let minutes = try int("gateway.maximum-duration", default: 240, in: 0...10_080)
        calling.maximumDuration = minutes == 0 ? nil : .seconds(60 * minutes)
        calling.dayOffset = try dayOffset()
        calling.failures.count = try int("gateway.failures.limit", default: calling.failures.count, in: 0...10_000)
        calling.failures.window = .seconds(60 * (try int("gateway.failures.minutes", default: 10, in: 1...1440)))
        calling.failures.pause = .seconds(60 * (try int("gateway.failures.pause", default: 15, in: 1...10_080)))
        settings.conference.calling = calling
        settings.sip.callsPerSecond = try int(
            "sip.calls-per-second", default: settings.sip.callsPerSecond, in: 0...100_000)
        settings.sip.trustedCallsPerSecond = try int(
            "sip.trusted-calls-per-second", default: settings.sip.trustedCallsPerSecond, in: 0...100_000)
    }

    /// `CLASS BEGINNING BEGINNING` each.
    private func classes() throws -> (Set<NumberClass>, [(beginning: String, NumberClass)]) {
        let key = "gateway.classes"
        var names: Set<NumberClass> = []
        var own: [(beginning: String, NumberClass)] = []
        for text in strings(key) {
            let words = text.split(separator: " ")
            guard words.count >= 2, let name = words.first.flatMap({ NumberClass($0) }), name != .address else {
                throw SettingsMistake(
                    key: key,
                    problem: "has `\(text)`, which is not `CLASS BEGINNING BEGINNING` with a word in lower case")
            }
            names.insert(name)
            for beginning in words.dropFirst().map(String.init) {
                guard NumberClasses.isBeginning(beginning) else {
                    throw SettingsMistake(
                        key: key,
                        problem:
                            "has `\(beginning)`, which is no number's beginning: digits, `?` for any, perhaps a `+`")
                }
                own.append((beginning, name))
            }
        }
        return (names, own)
    }

    /// `WHO CLASS CLASS` each.
    private func rule(_ text: String, _ known: Set<NumberClass>) throws -> CallingRule {
        let key = "gateway.allow"
        let words = text.split(separator: " ")
        guard words.count >= 2, let who = words.first.flatMap({ CallerPattern(String($0)) }) else {
            throw SettingsMistake(
                key: key,
                problem: """
                    has `\(text)`, which is not `WHO CLASS CLASS`; WHO is `*`, `accounts`, `user@domain`, `@domain` or \
                    an address
                    """)
        }
        if words.dropFirst() == ["any"] { return CallingRule(who, nil) }
        return CallingRule(who, Set(try words.dropFirst().map { try numberClass($0, known, key) }))
    }

    /// `WHO CLASS CLASS calls=2 minutes=60` each; classes may be left out.
    private func quota(_ text: String, _ known: Set<NumberClass>) throws -> CallQuota {
        let key = "gateway.quotas"
        let words = text.split(separator: " ")
        let subject: CallQuota.Subject? = words.first.flatMap { who in
            switch who.lowercased() {
            case "*": .eachCaller
            case "@*": .eachDomain
            case "all": .everybody
            default:
                CallerPattern(String(who)).map {
                    if case .person(let address) = $0 { .caller(address) } else { .together($0) }
                }
            }
        }
        guard let subject else {
            throw SettingsMistake(
                key: key,
                problem: """
                    has `\(text)`, which is not `WHO calls=NUMBER minutes=NUMBER`; WHO is `*`, `@*`, `all`, `accounts`, \
                    `user@domain`, `@domain` or an address
                    """)
        }
        var quota = CallQuota(subject)
        var classes: Set<NumberClass> = []
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                classes.insert(try numberClass(word, known, key))
                continue
            }
            guard let number = Int(parts[1]), (0...1_000_000).contains(number) else {
                throw SettingsMistake(key: key, problem: "has `\(word)`, which names no number up to 1000000")
            }
            switch parts[0] {
            case "calls": quota.callsAtOnce = number
            case "minutes": quota.minutesADay = number
            default: throw SettingsMistake(key: key, problem: "has `\(word)`; it may be calls= or minutes=")
            }
        }
        guard quota.callsAtOnce != nil || quota.minutesADay != nil else {
            throw SettingsMistake(key: key, problem: "has `\(text)`, which limits neither calls= nor minutes=")
        }
        quota.classes = classes.isEmpty ? nil : classes
        return quota
    }

    private func numberClass(_ word: Substring, _ known: Set<NumberClass>, _ key: String) throws -> NumberClass {
        guard let found = NumberClass(word), known.contains(found) else {
            throw SettingsMistake(
                key: key,
                problem: """
                    names `\(word)`; there are \(known.sorted().map(\.name).joined(separator: ", ")), and what \
                    gateway.classes names
                    """)
        }
        return found
    }

    /// How much earlier than UTC's the operator's day begins: `+01:00`.
    private func dayOffset() throws -> Duration {
        let text = string("gateway.utc-offset", default: "+00:00")
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard let sign = text.first, sign == "+" || sign == "-", parts.count == 2, let hours = parts[0],
            let minutes = parts[1], (0...14).contains(hours), (0...59).contains(minutes)
        else {
            throw SettingsMistake(key: "gateway.utc-offset", problem: "is `\(text)`, which is not like +01:00")
        }
        return .seconds((sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60))
    }
}
