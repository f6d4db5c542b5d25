/// What came of a wish: what who asked is told, and what follows.
struct Verdict {
    var outcome: SubmissionOutcome
    var effects: [Effect] = []

    static func refused(_ refusal: SubmissionRefusal) -> Verdict { Verdict(outcome: .refused(refusal)) }
    static func done(_ text: String, _ effects: [Effect] = []) -> Verdict {
        Verdict(outcome: .reply(text), effects: effects)
    }

    static let moderatorsOnly = Verdict.refused(.notAllowed("Only moderators may do that."))
}
