/// Why a call to a number is not placed, or not kept up, though there is a way to it.
public enum CallRefusal: Error, Hashable, Sendable {
    /// Whose quota it is.
    public enum Holder: Hashable, Sendable { case caller, domain, peer, everybody }

    /// No rule opens such numbers to who calls.
    case closed(NumberClass)
    /// As many calls as may be are up, or rung for.
    case tooManyCalls(Holder)
    case minutesUsed(Holder)
    /// The call has lasted as long as one may.
    case tooLong
    /// Too many calls have failed lately.
    case shutOut

    /// For people, as the beginning of a sentence without its full stop.
    public var text: String {
        switch self {
        case .closed(let numberClass):
            switch numberClass {
            case .national, .mobile, .international, .premium, .satellite:
                "\(numberClass.name.capitalizedWord) numbers are closed to you"
            case .code: "Feature codes are closed to you"
            default: "Numbers of the class \(numberClass.name) are closed to you"
            }
        case .tooManyCalls(.caller): "You have as many calls as you may at a time"
        case .tooManyCalls(.domain): "Your domain has as many calls as it may at a time"
        case .tooManyCalls(.peer): "Your PBX has as many calls as it may at a time"
        case .tooManyCalls(.everybody): "As many calls as may be at a time are up"
        case .minutesUsed(.caller): "Your minutes for today are used up"
        case .minutesUsed(.domain): "Your domain's minutes for today are used up"
        case .minutesUsed(.peer): "Your PBX's minutes for today are used up"
        case .minutesUsed(.everybody): "The minutes of all for today are used up"
        case .tooLong: "The call has lasted as long as a call may"
        case .shutOut: "Too many of your calls have failed, try again later"
        }
    }

    /// In a word, for records.
    public var word: String {
        switch self {
        case .closed: "closed"
        case .tooManyCalls: "too-many-calls"
        case .minutesUsed: "minutes-used"
        case .tooLong: "too-long"
        case .shutOut: "shut-out"
        }
    }
}

extension String {
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}
