import Primitives

extension DialPlan {
    /// An address as somebody types it: with its scheme, a JID of a bridged domain, a SIP address, or a number, which may be in
    /// groups. Nil for a number with something else behind it: it is not to be called in part.
    func typed(_ text: String) -> PeerAddress? {
        var word = text.prefix { !$0.isWhitespace }
        let number = word.lowercased().hasPrefix("tel:") ? text.dropFirst(4) : text[...]
        if NumberPlan.isNumber(String(number.prefix { !$0.isWhitespace })) {
            guard NumberPlan.isNumber(String(number)) else { return nil }
            word = text[...]
        }
        guard !word.isEmpty, word.utf8.count <= 512 else { return nil }
        for (scheme, network) in [("sip:", PeerAddress.Network.sip), ("sips:", .sip), ("xmpp:", .xmpp)]
        where word.lowercased().hasPrefix(scheme) {
            return address(word.dropFirst(scheme.count), on: network)
        }
        if word.lowercased().hasPrefix("tel:") {
            return PeerAddress(.sip, user: String(word.dropFirst(4).prefix { $0 != ";" }), host: PeerAddress.telephone)
        }
        guard word.contains("@") else { return PeerAddress(.sip, user: String(word), host: PeerAddress.telephone) }
        guard let jid = address(word, on: .xmpp) else { return nil }
        if case .success = outgoing(jid) { return jid }
        return address(word, on: .sip)
    }

    private func address(_ text: Substring, on network: PeerAddress.Network) -> PeerAddress? {
        let bare = text.prefix { $0 != ";" && $0 != "?" && (network == .sip || $0 != "/") }
        guard let at = bare.lastIndex(of: "@"), at != bare.startIndex else { return nil }
        let host = bare[bare.index(after: at)...].lowercased()
        return host.isEmpty ? nil : PeerAddress(network, user: String(bare[..<at]), host: host)
    }
}

extension PeerAddress {
    /// Stands for the telephone network, where it was not said by which host a number is reached.
    static let telephone = "tel.invalid"

    /// For people: the bare address, and of a number without a host the number.
    public var words: String { host == PeerAddress.telephone ? user : bare.description }
}
