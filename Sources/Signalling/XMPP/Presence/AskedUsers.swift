import Primitives
import XMPP

/// Users who were asked to let a number see them and have not agreed. Whatever phones do, a user is asked by a number
/// once a day, and by so many numbers.
struct AskedUsers: Sendable {
    enum Verdict: Hashable, Sendable {
        /// Now is the time to ask.
        case ask
        /// That was done, and there is no answer yet.
        case pending
        case refused
    }

    private struct Question: Sendable {
        var until: Instant
        var isRefused = false
    }

    static let limit = 10_000
    static let limitOfUser = 100
    private static let lifetime = Duration.seconds(86_400)
    /// How long somebody is taken for one who cannot be asked.
    private static let errorPause = Duration.seconds(600)

    /// By the user, then the number.
    private var questions: [JID: [JID: Question]] = [:]
    private(set) var count = 0

    /// A number wants to see a user. What `ask` is said to is noted.
    mutating func ask(_ user: JID, by number: JID, at now: Instant) -> Verdict {
        let (user, number) = (user.bare, number.bare)
        if let known = questions[user]?[number], known.until > now { return known.isRefused ? .refused : .pending }
        if questions[user, default: [:]].count >= AskedUsers.limitOfUser { forgetOld(of: user, at: now) }
        guard questions[user, default: [:]].count < AskedUsers.limitOfUser else { return .refused }
        if count >= AskedUsers.limit {
            for user in Array(questions.keys) { forgetOld(of: user, at: now) }
        }
        // Asked twice is better than not at all.
        if count >= AskedUsers.limit { (questions, count) = ([:], 0) }
        note(user, number, Question(until: now + AskedUsers.lifetime))
        return .ask
    }

    /// A user refused, or cannot be asked; one who was not asked did not.
    mutating func refused(_ user: JID, by number: JID, isError: Bool = false, at now: Instant) {
        guard questions[user.bare]?[number.bare] != nil else { return }
        let pause = isError ? AskedUsers.errorPause : AskedUsers.lifetime
        note(user.bare, number.bare, Question(until: now + pause, isRefused: true))
    }

    /// A user agreed.
    /// - Returns: whether it was asked.
    @discardableResult
    mutating func agreed(_ user: JID, by number: JID) -> Bool {
        guard questions[user.bare]?.removeValue(forKey: number.bare) != nil else { return false }
        count -= 1
        if questions[user.bare]?.isEmpty == true { questions[user.bare] = nil }
        return true
    }

    private mutating func note(_ user: JID, _ number: JID, _ question: Question) {
        if questions[user, default: [:]].updateValue(question, forKey: number) == nil { count += 1 }
    }

    private mutating func forgetOld(of user: JID, at now: Instant) {
        guard let all = questions[user] else { return }
        let left = all.filter { $0.value.until > now }
        count -= all.count - left.count
        questions[user] = left.isEmpty ? nil : left
    }
}
