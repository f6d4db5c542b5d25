/// The namespaces of the standards, by name.
public enum Namespace {
    public static let xml = "http://www.w3.org/XML/1998/namespace"
    /// Streams (RFC 6120 section 4.8).
    public static let streams = "http://etherx.jabber.org/streams"
    public static let streamErrors = "urn:ietf:params:xml:ns:xmpp-streams"
    /// Stanza errors (RFC 6120 section 8.3).
    public static let stanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas"
    /// The content namespace that stanzas have in `XMLElement`s, also those of component streams.
    public static let client = "jabber:client"
    /// The content namespace of XEP-0114 streams on the wire.
    public static let componentAccept = "jabber:component:accept"
    /// XEP-0030.
    public static let discoInfo = "http://jabber.org/protocol/disco#info"
    public static let discoItems = "http://jabber.org/protocol/disco#items"
    /// XEP-0004.
    public static let dataForms = "jabber:x:data"
    /// XEP-0045.
    public static let muc = "http://jabber.org/protocol/muc"
    public static let mucUser = "http://jabber.org/protocol/muc#user"
    public static let mucAdmin = "http://jabber.org/protocol/muc#admin"
    public static let mucOwner = "http://jabber.org/protocol/muc#owner"
    public static let mucRoomInfo = "http://jabber.org/protocol/muc#roominfo"
    /// XEP-0085.
    public static let chatStates = "http://jabber.org/protocol/chatstates"
    /// XEP-0092.
    public static let version = "jabber:iq:version"
    /// XEP-0115.
    public static let caps = "http://jabber.org/protocol/caps"
    /// XEP-0172.
    public static let nick = "http://jabber.org/protocol/nick"
    /// XEP-0184.
    public static let receipts = "urn:xmpp:receipts"
    /// XEP-0199.
    public static let ping = "urn:xmpp:ping"
    /// XEP-0202.
    public static let time = "urn:xmpp:time"
    /// XEP-0203.
    public static let delay = "urn:xmpp:delay"
    /// XEP-0215.
    public static let externalServices = "urn:xmpp:extdisco:2"
    /// XEP-0298, and the older form that clients test for.
    public static let coin = "urn:xmpp:coin:1"
    public static let coin0 = "urn:xmpp:coin"
    /// XEP-0333.
    public static let chatMarkers = "urn:xmpp:chat-markers:0"
    /// XEP-0334.
    public static let hints = "urn:xmpp:hints"
    /// XEP-0359.
    public static let stanzaIDs = "urn:xmpp:sid:0"
    /// XEP-0353.
    public static let jingleMessage = "urn:xmpp:jingle-message:0"
    /// XEP-0166.
    public static let jingle = "urn:xmpp:jingle:1"
    public static let jingleErrors = "urn:xmpp:jingle:errors:1"
    /// XEP-0410, as a feature.
    public static let selfPingOptimization = "http://jabber.org/protocol/muc#self-ping-optimization"
}
