import Conference
import Primitives
import SIP

/// Texts from the other side of the gateway, and words about texts, to phones: in the call where there is one that takes
/// them, else outside of any (RFC 7572 section 4, RFC 7573 section 4).
extension SIPAdapter {
    mutating func pass(_ delivery: InstantDelivery, at now: Instant, wall: WallTime) -> [Command] {
        if let id = delivery.leg, let leg = legs[id], leg.isLive, leg.text.isTaken,
            let dialog = leg.dialog.flatMap({ dialogs[$0] }), dialog.dialog.state == .confirmed
        {
            return pass(delivery, inCall: leg, at: now, wall: wall)
        }
        return passOutside(delivery, at: now, wall: wall)
    }

    // MARK: In the call

    private mutating func pass(
        _ delivery: InstantDelivery, inCall leg: SIPLeg, at now: Instant, wall: WallTime
    ) -> [Command] {
        let isCPIM = leg.text.takesCPIM || leg.text.speaksCPIM
        let writer = writer(of: delivery, inCall: leg)
        var text = OutgoingTexts.Text(
            senderName: writer.from.displayName ?? "", isPrivate: false, contentType: SIPAdapter.plainType, body: [])
        switch delivery.content {
        case .text(let words):
            let bodies = pieces(
                of: words.body, for: leg, limit: isCPIM ? SIPAdapter.datagramCPIM : SIPAdapter.datagramText)
            func piece(_ body: String, _ index: Int, of count: Int) -> OutgoingTexts.Text {
                var piece = text
                piece.headers = SIPAdapter.headers(of: words)
                piece.body = Array(body.utf8)
                if isCPIM {
                    piece.plain = piece.body
                    piece.contentType = "message/cpim"
                    // The last goes out when the phone has the others: what it says of that one it says of all.
                    piece.body = cpim(
                        delivery, writer, body, id: SIPAdapter.messageID(delivery.id, index, of: count),
                        wanted: index == count - 1 ? words.wanted : [], wall)
                }
                piece.delivery = delivery.id
                return piece
            }
            text = piece(words.body, 0, of: 1)
            if bodies.count > 1 { text.pieces = bodies.enumerated().map { piece($1, $0, of: bodies.count) } }
        case .composing(let isActive, let lasts):
            guard leg.text.takesComposing || leg.text.writesComposing, leg.text.isIdle else { return [] }
            text.contentType = IsComposing.mediaType
            text.body = SIPAdapter.composing(isActive, lasts)
        case .report(let status, let id):
            guard isCPIM else { return [] }
            text.contentType = "message/cpim"
            text.body = imdn(delivery, writer, status, id, wall)
        }
        guard queue(leg.id, text) else {
            return text.delivery.map { [.instantOutcome($0, .failed(.resourceConstraint), by: nil)] } ?? []
        }
        return sendText(leg.id, at: now)
    }

    // MARK: Outside of any

    private mutating func passOutside(_ delivery: InstantDelivery, at now: Instant, wall: WallTime) -> [Command] {
        guard let way = delivery.way else { return lost(delivery, .recipientUnavailable) }
        let line = way.line.flatMap { lines.table[$0] }
        let exchange = way.line.flatMap { self.way(by: $0) }
        guard way.line == nil || exchange != nil else { return lost(delivery, .recipientUnavailable) }
        var delivery = delivery
        delivery.target = way.target
        let known = readers[way.target]
        let isHome = account(at: way.target) != nil
        let target = SIPURI(way.target.bare)
        var uri = target
        let trunk = way.trunk.flatMap { configuration.trunks[$0.name] }
        let transport = trunk.map(\.transport) ?? configuration.transports[way.target.host.lowercased()]
        uri.parameters["transport"] = transport?.rawValue
        var from = NameAddress(displayName: delivery.displayName, SIPURI(delivery.sender))
        from.tag = entropy.token(10)
        var callID = entropy.token(24)
        if case .text(let text) = delivery.content { callID = text.thread.flatMap(SIPAdapter.callID) ?? callID }
        var request = SIPMessage(.message, uri, from: from, to: NameAddress(target), callID: callID, sequence: 1)
        let writer = identify(&request, delivery, way, line)
        var body: [UInt8]
        var type = SIPAdapter.plainType
        var use = OutsideText(kind: .report, isHome: isHome)
        var headers: [SIPHeader] = []
        switch delivery.content {
        case .text(let text):
            body = Array(text.body.utf8)
            headers = SIPAdapter.headers(of: text)
            use.kind = .text(delivery.id)
            if known.cpim == true {
                use.plain = body
                type = "message/cpim"
                body = cpim(delivery, writer, text.body, id: delivery.id, wanted: text.wanted, wall)
            }
        case .composing(let isActive, let lasts):
            // A carrier may take money for whatever MESSAGE there is: only who is known to read it gets more than texts.
            guard known.composing ?? isHome else { return [] }
            use.kind = .composing
            type = IsComposing.mediaType
            body = SIPAdapter.composing(isActive, lasts)
        case .report(let status, let id):
            type = "message/cpim"
            body = imdn(delivery, writer, status, id, wall)
        }
        if let line { request.routes = line.client.account.route }
        request.set("User-Agent", configuration.software)
        request.headers += headers
        request.setBody(body, type: type)
        var outgoing = OutsideRequest(request: request, peer: way.target.bare, use: .text(use))
        outgoing.user = way.line.flatMap { lines.user(of: $0) } ?? trunk?.user
        outgoing.targets = [exchange].compactMap(\.self)
        outgoing.sender = delivery.sender.bare
        let (id, isTaken) = outside.line(up: outgoing, at: now)
        guard isTaken else { return unsent(outgoing, 500) }
        return id.map { sendOutside($0, at: now) } ?? []
    }

    /// There is no way to whom a text is for; words about texts just go nowhere.
    private func lost(_ delivery: InstantDelivery, _ failure: DeliveryFailure) -> [Command] {
        guard case .text = delivery.content else { return [] }
        return [.instantOutcome(delivery.id, .failed(failure), by: nil)]
    }

    /// How the sending of a text ended.
    mutating func textPassed(_ text: OutsideText, to peer: PeerAddress, _ status: Int) -> [Command] {
        switch text.kind {
        case .composing:
            readers.learn(peer) { $0.composing = (200..<300).contains(status) }
            return []
        case .report: return []
        case .text(let id):
            let outcome: InstantOutcome
            switch status {
            case 200 where text.isHome && text.plain == nil: outcome = .delivered
            case 200..<300: outcome = .passed
            default:
                note(.info, "\(peer) refused a text with \(status)")
                outcome = .failed(DeliveryFailure(status: status))
            }
            return [.instantOutcome(id, outcome, by: nil)]
        }
    }

    // MARK: Bodies

    private static func composing(_ isActive: Bool, _ lasts: Duration) -> [UInt8] {
        Array(IsComposing(isActive: isActive, refresh: UInt32(clamping: lasts.components.seconds)).xml.utf8)
    }

    private static func headers(of text: InstantText) -> [SIPHeader] {
        [text.subject.map { SIPHeader("Subject", $0) }, text.language.map { SIPHeader("Content-Language", $0) }]
            .compactMap(\.self)
    }

    /// A conversation's name as a Call-ID, where it can be one (RFC 3261 section 25.1).
    private static func callID(_ thread: String) -> String? {
        let allowed = Set("-.!%*_+`'~()<>:\\\"/[]?{}@".utf8)
        let isWord = thread.utf8.allSatisfy {
            allowed.contains($0) || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || (0x30...0x39).contains($0)
        }
        return (8...128).contains(thread.utf8.count) && isWord && thread.utf8.filter { $0 == 0x40 }.count <= 1
            && thread.first != "@" && thread.last != "@" ? thread : nil
    }

    private func cpim(
        _ delivery: InstantDelivery, _ writer: InstantWriter, _ body: String, id: String, wanted: WantedReports,
        _ wall: WallTime
    ) -> [UInt8] {
        var message = envelope(delivery, writer, id: id, wall)
        message.content = Array(body.utf8)
        message.dispositions = MessageContent.dispositions.filter { wanted.contains($0.kind) }.map { $0.word }
        if case .text(let text) = delivery.content, let subject = text.subject { message.subjects = [subject] }
        return message.bytes
    }

    private func imdn(
        _ delivery: InstantDelivery, _ writer: InstantWriter, _ status: MessageStatus, _ id: String, _ wall: WallTime
    ) -> [UInt8] {
        var message = envelope(delivery, writer, id: entropy.token(24), wall)
        message.contentType = IMDN.mediaType
        message.contentDisposition = "notification"
        message.content = Array(IMDN(messageID: id, dateTime: wall.iso8601, status: status).xml.utf8)
        return message.bytes
    }

    private func envelope(
        _ delivery: InstantDelivery, _ writer: InstantWriter, id: String, _ wall: WallTime
    ) -> CPIMMessage {
        CPIMMessage(
            from: writer.inside, to: [.init(name: nil, uri: SIPURI(delivery.target.bare).description)],
            dateTime: wall.iso8601,
            messageID: id, content: [])
    }
}

extension OutgoingTexts.Text {
    /// What the answer of the phone in the call means for a text across the gateway.
    func outcome(status: Int) -> InstantOutcome {
        switch status {
        case 200 where contentType == SIPAdapter.plainType: .delivered
        case 200..<300: .passed
        default: .failed(DeliveryFailure(status: status))
        }
    }
}
