import Primitives

/// How much may be called in a day, and at a time.
public struct CallQuota: Sendable, Hashable {
    public enum Subject: Sendable, Hashable {
        /// Each caller for himself; one of them; all who are matched, together.
        case eachCaller
        case caller(String)
        case eachDomain
        case together(CallerPattern)
        case everybody
    }

    public var subject: Subject
    /// Nil for all that are not free.
    public var classes: Set<NumberClass>?
    public var callsAtOnce: Int?
    public var minutesADay: Int?

    public init(_ subject: Subject, classes: Set<NumberClass>? = nil, callsAtOnce: Int? = nil, minutesADay: Int? = nil)
    {
        self.subject = subject
        self.classes = classes
        self.callsAtOnce = callsAtOnce
        self.minutesADay = minutesADay
    }

    func covers(_ numberClass: NumberClass) -> Bool { classes?.contains(numberClass) ?? !numberClass.isFree }

    /// Under what name it counts a caller; nil for who is none of its.
    func account(of payer: Payer) -> String? {
        switch subject {
        case .eachCaller: payer.name
        case .caller(let name): payer.name == name ? name : nil
        case .eachDomain: payer.domain.map { "@" + $0 }
        case .together(.domain(let domain)): payer.domain == domain ? "@" + domain : nil
        case .together(.network(let network)):
            CallerPattern.network(network).matches(payer) ? network.description : nil
        case .together(let pattern): pattern.matches(payer) ? "accounts" : nil
        case .everybody: "all"
        }
    }

    var holder: CallRefusal.Holder {
        switch subject {
        case .eachCaller, .caller: .caller
        case .eachDomain, .together(.domain): .domain
        case .together(.network): .peer
        case .together, .everybody: .everybody
        }
    }

    /// Whether it stands in place of another one that is for all.
    func isInPlace(of other: CallQuota) -> Bool {
        guard classes == other.classes else { return false }
        return switch (subject, other.subject) {
        case (.caller, .eachCaller), (.together(.domain), .eachDomain): true
        default: false
        }
    }
}
