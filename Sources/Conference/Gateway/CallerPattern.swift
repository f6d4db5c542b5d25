public import Primitives

/// Whom a rule or a quota is about.
public enum CallerPattern: Sendable, Hashable {
    /// `*`: everybody who may call at all.
    case everyone
    /// `accounts`: who has proven to be somebody of ours.
    case accounts
    /// `alice@example.org`: a JID or a SIP address that is proven.
    case person(String)
    /// `@example.org`: all proven addresses of that domain.
    case domain(String)
    /// `192.0.2.7`, `10.0.0.0/8`: what comes from there.
    case network(IPNetwork)

    public init?(_ text: String) {
        let text = text.lowercased()
        if text == "*" {
            self = .everyone
        } else if text == "accounts" {
            self = .accounts
        } else if let network = IPNetwork(text) {
            self = .network(network)
        } else if let at = text.lastIndex(of: "@") {
            let domain = String(text[text.index(after: at)...])
            guard !domain.isEmpty, !domain.contains("/") else { return nil }
            self = at == text.startIndex ? .domain(domain) : .person(text)
        } else {
            return nil
        }
    }

    func matches(_ payer: Payer) -> Bool {
        switch self {
        case .everyone: true
        case .accounts: payer.isOurs
        case .person(let address): payer.isProven && payer.name == address
        case .domain(let domain): payer.domain == domain
        case .network(let network): payer.host.map { network.contains($0) } ?? false
        }
    }
}

/// What opens numbers to who calls.
public struct CallingRule: Sendable, Hashable {
    public var who: CallerPattern
    /// Nil for all there are.
    public var classes: Set<NumberClass>?

    public init(_ who: CallerPattern, _ classes: Set<NumberClass>?) {
        self.who = who
        self.classes = classes
    }

    func opens(_ numberClass: NumberClass, to payer: Payer) -> Bool {
        classes?.contains(numberClass) != false && who.matches(payer)
    }
}
