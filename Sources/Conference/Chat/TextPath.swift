/// The door by which text comes or goes.
public enum TextPath: Hashable, Sendable {
    /// SIP MESSAGE.
    case sip
    /// XMPP `type='chat'` with the talk JID.
    case talk
    /// The room's MUC.
    case muc
}
