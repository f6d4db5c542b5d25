import Conference
import MediaDescription
import XMPP

/// The group call that a Jingle session belongs to (XEP-0272 section 3).
struct JingleGroup: Sendable {
    let id: GroupCallID
    /// The MUC.
    let place: JID
    /// Under which name the peer is there.
    var name: String?
    /// What was said in the MUC that our audio is: its content's name, and its payload types.
    let content: String
    let codecs: [Codec]

    var element: XMLElement { XMLElement("muji", Namespace.muji, ["room": place.description]) }

    /// What a peer is offered: nothing but what all have agreed on.
    func offer(_ local: LocalMedia) -> SessionDescription {
        var capabilities = Capabilities.standard
        capabilities.codecs = codecs
        return Negotiation.offer(capabilities, local: local, contentName: content, origin: nil)
    }
}
