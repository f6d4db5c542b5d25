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
        let name = delivery.displayName ?? ""
        var text = OutgoingTexts.Text(
            senderName: name, isPrivate: false, contentType: SIPAdapter.plainType, body: [])
        switch delivery.content {
        case .text(let words):
            let bodies = pieces(
                of: words.body, for: leg, limit: isCPIM ? SIPAdapter.datagramCPIM : SIPAdapter.datagramText)
            func piece(_ body: String, _ index: Int, isLast: Bool) -> OutgoingTexts.Text {
                var piece = text
                piece.headers = SIPAdapter.headers(of: words)
                piece.body = Array(body.utf8)
                if isCPIM {
                    piece.plain = piece.body
                    piece.contentType = "message/cpim"
                    piece.body = cpim(
                        delivery, body, id: index == 0 ? delivery.id : "\(delivery.id)-\(index + 1)",
                        wanted: index == 0 ? words.wanted : [], wall)
                }
                piece.delivery = isLast ? delivery.id : nil
                return piece
            }
            text = piece(words.body, 0, isLast: true)
            if bodies.count > 1 {
                text.pieces = bodies.enumerated().map { piece($1, $0, isLast: $0 == bodies.count - 1) }
            }
        case .composing(let isActive, let lasts):
            guard leg.text.takesComposing || leg.text.writesComposing, leg.text.isIdle else { return [] }
            text.contentType = IsComposing.mediaType
            text.body = SIPAdapter.composing(isActive, lasts)
        case .report(let status, let id):
            guard isCPIM else { return [] }
            text.contentType = "message/cpim"
            text.body = imdn(delivery, status, id, wall)
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
        guard way.line == nil || line?.client.target != nil else { return lost(delivery, .recipientUnavailable) }
        var delivery = delivery
        delivery.target = way.target
        let known = readers[way.target]
        let isHome = account(at: way.target) != nil
        var body: [UInt8]
        var type = SIPAdapter.plainType
        var use = OutsideText(kind: .report, isHome: isHome)
        var headers: [SIPHeader] = []
        var thread: String?
        switch delivery.content {
        case .text(let text):
            body = Array(text.body.utf8)
            headers = SIPAdapter.headers(of: text)
            thread = text.thread
            use.kind = .text(delivery.id)
            if known.cpim == true {
                use.plain = body
                type = "message/cpim"
                body = cpim(delivery, text.body, id: delivery.id, wanted: text.wanted, wall)
            }
        case .composing(let isActive, let lasts):
            // A carrier may take money for whatever MESSAGE there is: only who is known to read it gets more than texts.
            guard known.composing ?? isHome else { return [] }
            use.kind = .composing
            type = IsComposing.mediaType
            body = SIPAdapter.composing(isActive, lasts)
        case .report(let status, let id):
            type = "message/cpim"
            body = imdn(delivery, status, id, wall)
        }
        let target = SIPURI(way.target.bare)
        var uri = target
        let trunk = way.trunk.flatMap { configuration.trunks[$0.name] }
        let transport = trunk.map(\.transport) ?? configuration.transports[way.target.host.lowercased()]
        uri.parameters["transport"] = transport?.rawValue
        var from = NameAddress(displayName: delivery.displayName, SIPURI(delivery.sender))
        from.tag = entropy.token(10)
        let callID = thread.flatMap(SIPAdapter.callID) ?? entropy.token(24)
        var request = SIPMessage(.message, uri, from: from, to: NameAddress(target), callID: callID, sequence: 1)
        if let trunk { identify(&request, delivery, way, by: trunk) }
        if let line { request.routes = line.client.account.route }
        request.set("User-Agent", configuration.software)
        request.headers += headers
        request.setBody(body, type: type)
        var outgoing = OutsideRequest(request: request, peer: way.target.bare, use: .text(use))
        outgoing.user = way.line.flatMap { lines.user(of: $0) } ?? trunk?.user
        outgoing.targets = [line?.client.target].compactMap(\.self)
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

    /// Who writes is shown as whoever calls is.
    private func identify(
        _ request: inout SIPMessage, _ delivery: InstantDelivery, _ way: InstantDelivery.Way, by trunk: SIPTrunk
    ) {
        var call = OutgoingCall(
            target: way.target, caller: delivery.sender, displayName: delivery.displayName, isFocus: false)
        call.trunk = way.trunk
        identify(&request, call, by: trunk)
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
        _ delivery: InstantDelivery, _ body: String, id: String, wanted: WantedReports, _ wall: WallTime
    ) -> [UInt8] {
        var message = envelope(delivery, id: id, wall)
        message.content = Array(body.utf8)
        message.dispositions = MessageContent.dispositions.filter { wanted.contains($0.kind) }.map { $0.word }
        if case .text(let text) = delivery.content, let subject = text.subject { message.subjects = [subject] }
        return message.bytes
    }

    private func imdn(_ delivery: InstantDelivery, _ status: MessageStatus, _ id: String, _ wall: WallTime) -> [UInt8] {
        var message = envelope(delivery, id: entropy.token(24), wall)
        message.contentType = IMDN.mediaType
        message.contentDisposition = "notification"
        message.content = Array(IMDN(messageID: id, dateTime: wall.iso8601, status: status).xml.utf8)
        return message.bytes
    }

    private func envelope(_ delivery: InstantDelivery, id: String, _ wall: WallTime) -> CPIMMessage {
        CPIMMessage(
            from: .init(name: delivery.displayName, uri: SIPURI(delivery.sender).description),
            to: [.init(name: nil, uri: SIPURI(delivery.target.bare).description)], dateTime: wall.iso8601,
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
