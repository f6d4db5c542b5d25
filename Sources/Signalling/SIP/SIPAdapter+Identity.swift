import Conference
import Primitives
import SIP

/// Who a request is from, as far as it says and is believed (RFC 3325), and wants to be known (RFC 3323).
extension SIPAdapter {
    struct Identity {
        var address: PeerAddress
        var displayName: String?
        /// Whether it was proven, or somebody who is trusted says so.
        var isAuthenticated = false
        /// Who that proves it to be, where it hides that.
        var account: PeerAddress?
    }

    /// From; or P-Asserted-Identity of a peer that is trusted; or nobody, if that is what it asks for.
    func identity(of request: SIPMessage, on flow: SIPFlow) -> Identity {
        let privacy = request.list("Privacy").flatMap { $0.split(separator: ";") }.map {
            $0.trimmingSpaces.lowercased()
        }
        let asserted =
            isTrusted(flow)
            ? request.list("P-Asserted-Identity").lazy.compactMap { NameAddress($0) }.first : nil
        if !privacy.contains("none"), privacy.contains(where: ["id", "user", "header"].contains) {
            return Identity(
                address: PeerAddress(.sip, user: "anonymous", host: "anonymous.invalid"), displayName: "Anonymous",
                isAuthenticated: isTrusted(flow), account: asserted.map { PeerAddress($0.uri) })
        }
        if let asserted {
            return Identity(
                address: PeerAddress(asserted.uri), displayName: asserted.displayName ?? request.from.displayName,
                isAuthenticated: true)
        }
        return Identity(
            address: PeerAddress(request.from.uri), displayName: request.from.displayName,
            isAuthenticated: isTrusted(flow))
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
