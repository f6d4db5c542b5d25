import Conference
import XMPP

extension Affiliation {
    init(_ affiliation: MUCUser.Affiliation) { self = Affiliation(rawValue: affiliation.rawValue) ?? .none }

    /// The same in XEP-0045's words.
    var muc: MUCUser.Affiliation { MUCUser.Affiliation(rawValue: rawValue) ?? .none }
}
