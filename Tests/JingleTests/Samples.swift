import Jingle
import MediaDescription
import XMPP

/// Elements as clients write them.
enum Samples {
    static let fingerprint = (0..<32).map { _ in "AB" }.joined(separator: ":")

    static func audio(
        _ extra: [XMLElement] = [], transport: [XMLElement] = [], setup: String = "actpass", ufrag: String = "abcd"
    ) -> XMLElement {
        XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": "0", "senders": "both"]) {
            XMLElement("description", JingleNamespace.rtp, ["media": "audio"]) {
                XMLElement(
                    "payload-type", JingleNamespace.rtp,
                    ["id": "111", "name": "opus", "clockrate": "48000", "channels": "2"]
                ) {
                    XMLElement("parameter", JingleNamespace.rtp, ["name": "minptime", "value": "10"])
                    XMLElement("parameter", JingleNamespace.rtp, ["name": "useinbandfec", "value": "1"])
                    XMLElement("rtcp-fb", JingleNamespace.rtcpFeedback, ["type": "transport-cc"])
                }
                XMLElement(
                    "payload-type", JingleNamespace.rtp,
                    ["id": "63", "name": "red", "clockrate": "48000", "channels": "2"]
                ) {
                    XMLElement("parameter", JingleNamespace.rtp, ["name": "", "value": "111/111"])
                }
                XMLElement(
                    "payload-type", JingleNamespace.rtp, ["id": "126", "name": "telephone-event", "clockrate": "8000"])
                XMLElement(
                    "rtp-hdrext", JingleNamespace.headerExtensions,
                    ["id": "1", "uri": "urn:ietf:params:rtp-hdrext:ssrc-audio-level"])
                XMLElement("extmap-allow-mixed", JingleNamespace.headerExtensions)
                XMLElement("source", JingleNamespace.sources, ["ssrc": "4242"]) {
                    XMLElement("parameter", JingleNamespace.sources, ["name": "cname", "value": "c"])
                    XMLElement("parameter", JingleNamespace.sources, ["name": "msid", "value": "a b"])
                }
                XMLElement("rtcp-mux", JingleNamespace.rtp)
                extra
            }
            XMLElement(
                "transport", JingleNamespace.iceUDP, ["ufrag": ufrag, "pwd": "0123456789012345678901"]
            ) {
                XMLElement(
                    "fingerprint", JingleNamespace.dtls, ["hash": "sha-256", "setup": setup], text: fingerprint)
                XMLElement("trickle", JingleNamespace.iceOption)
                transport
            }
        }
    }

    static func jingle(_ action: String, sid: String = "sid", _ children: [XMLElement] = []) -> XMLElement {
        XMLElement("jingle", Namespace.jingle, ["action": action, "sid": sid]) { children }
    }

    static var conversationsOffer: XMLElement {
        jingle(
            "session-initiate",
            [
                XMLElement("group", JingleNamespace.grouping, ["semantics": "BUNDLE"]) {
                    XMLElement("content", JingleNamespace.grouping, ["name": "0"])
                },
                audio(),
            ])
    }

    static func candidate(_ number: Int) -> XMLElement {
        XMLElement(
            "candidate", JingleNamespace.iceUDP,
            [
                "component": "1", "foundation": "\(number)", "generation": "0", "id": "c\(number)", "ip": "192.0.2.7",
                "network": "0", "port": "\(10_000 + number)", "priority": "2130706431", "protocol": "udp",
                "type": "host",
            ])
    }

    /// One transport-info for each candidate, as Conversations sends them.
    static func trickle(_ candidates: [Int], ufrag: String = "abcd", name: String = "0") -> XMLElement {
        jingle(
            "transport-info",
            [
                XMLElement("content", Namespace.jingle, ["creator": "initiator", "name": name]) {
                    XMLElement(
                        "transport", JingleNamespace.iceUDP, ["ufrag": ufrag, "pwd": "0123456789012345678901"]
                    ) {
                        candidates.map(candidate)
                    }
                }
            ])
    }
}
