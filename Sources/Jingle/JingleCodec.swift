public import MediaDescription
import XMPP

/// `MediaDescription` as Jingle XML and back (XEP-0166, XEP-0167, XEP-0176, XEP-0293, XEP-0294, XEP-0320, XEP-0338,
/// XEP-0339): the sibling of the SDP codec.
///
/// Fields that Jingle has no element for do not travel: origin, plain addresses, `isRejected` (such a content is left
/// out), `endOfCandidates`. The profile is told by what there is: fingerprints mean DTLS-SRTP, cryptos SDES.
public enum JingleCodec {
    /// The contents of a description, as one party describes them; rejected ones are left out.
    public static func contents(of description: SessionDescription, by party: Creator) -> [JingleContent] {
        description.contents.filter { !$0.isRejected }.map { content in
            JingleContent(
                creator: content.creator, name: content.name, senders: Senders(content.direction, seenBy: party),
                description: xml(description: content, by: party), transport: xml(transport: content))
        }
    }

    /// The description in a session-initiate, session-accept or content-add, as its sender describes it. A content
    /// of another application format comes as `MediaKind.other` of its namespace, without codecs; one of another
    /// transport method without `ice`.
    public static func description(
        of element: JingleElement, by party: Creator
    ) throws(JingleError) -> SessionDescription {
        var description = SessionDescription(groups: element.groups)
        for content in element.contents {
            guard let application = content.description, let transport = content.transport else {
                throw .badRequest("content without description or transport")
            }
            guard !description.contents.contains(where: { $0.name == content.name }) else {
                throw .badRequest("content name used twice")
            }
            var decoded = ContentDescription(
                name: content.name, creator: content.creator,
                direction: (content.senders ?? .both).direction(seenBy: party))
            read(application, into: &decoded, by: party)
            read(transport, into: &decoded)
            decoded.profile = profile(of: decoded)
            description.contents.append(decoded)
        }
        guard !description.contents.isEmpty else { throw .badRequest("no content") }
        return description
    }

    /// Candidates for a transport-info (XEP-0176 section 5.4), under the credentials they belong to.
    public static func transportInfo(
        _ candidates: [CandidateDescription], of ice: ICEParameters, name: String, creator: Creator = .initiator
    ) -> JingleContent {
        JingleContent(
            creator: creator, name: name,
            transport: XMLElement(
                "transport", JingleNamespace.iceUDP, ["ufrag": ice.ufrag, "pwd": ice.pwd]
            ) { candidates.map(xml(candidate:)) })
    }

    /// The candidates in a transport-info's content, and the ufrag they belong to where it tells.
    public static func candidates(
        in content: JingleContent
    ) -> (ufrag: String?, candidates: [CandidateDescription]) {
        guard let transport = content.transport, transport.namespace == JingleNamespace.iceUDP else {
            return (nil, [])
        }
        let candidates = transport.children(named: "candidate").prefix(JingleLimits.candidates)
        return (transport["ufrag"], candidates.compactMap(candidate))
    }

    private static func profile(of content: ContentDescription) -> TransportProfile {
        if case .other = content.kind, content.codecs.isEmpty { return .unknown }
        if !content.fingerprints.isEmpty { return .dtlsSAVPF }
        let hasFeedback = !content.feedback.isEmpty || content.codecs.contains { !$0.feedback.isEmpty }
        if !content.cryptos.isEmpty { return hasFeedback ? .savpf : .savp }
        return hasFeedback ? .avpf : .avp
    }
}
