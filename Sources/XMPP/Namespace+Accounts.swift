extension Namespace {
    /// XEP-0077.
    public static let register = "jabber:iq:register"
    /// XEP-0050.
    public static let commands = "http://jabber.org/protocol/commands"
}
