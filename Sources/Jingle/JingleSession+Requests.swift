import MediaDescription
import XMPP

/// What the peer asks for in an existing session (XEP-0166 section 7.2).
extension JingleSession {
    /// Takes a request whose sid and sender are this session's.
    public mutating func receive(_ request: JingleElement) -> Outcome {
        guard state != .ended else {
            return Outcome(error: request.action == .sessionTerminate ? nil : .unknownSession)
        }
        switch request.action {
        case .sessionInitiate: return Outcome(error: .outOfOrder)
        case .sessionAccept: return accepted(request)
        case .sessionInfo: return informed(request)
        case .sessionTerminate:
            state = .ended
            return Outcome(events: [.ended(request.reason)])
        case .transportInfo, .transportReplace:
            if let content = restart(in: request) { return Outcome(events: restarted(content, request)) }
            if request.action == .transportReplace { return replaced(request) }
            return Outcome(
                events: trickled(
                    request.contents.map {
                        let (ufrag, candidates) = JingleCodec.candidates(in: $0)
                        return Trickled(name: $0.name, ufrag: ufrag, candidates: candidates)
                    }))
        case .contentAdd: return added(request)
        case .contentModify: return modified(request)
        case .contentRemove: return removed(request)
        case .contentAccept, .contentReject: return Outcome(error: .outOfOrder)
        case .descriptionInfo, .securityInfo, .transportAccept, .transportReject: return Outcome()
        }
    }

    private mutating func accepted(_ request: JingleElement) -> Outcome {
        guard role == .initiator, state == .pending, let offer = localDescription else {
            return Outcome(error: .outOfOrder)
        }
        do {
            let answer = try JingleCodec.description(of: request, by: .responder)
            let names = Set(offer.contents.map(\.name))
            guard answer.contents.allSatisfy({ names.contains($0.name) }) else {
                return Outcome(error: .badRequest("a content that was not offered"))
            }
            state = .active
            remoteDescription = answer
            candidateCount = answer.contents.reduce(0) { $0 + $1.candidates.count }
            describedDirection = audio(in: answer)?.direction ?? .sendrecv
            reported = describedDirection
            let waiting = early
            early = []
            return Outcome(events: [.accepted(answer)] + trickled(waiting))
        } catch {
            return Outcome(error: error)
        }
    }

    /// The codes of XEP-0181 section 3.
    private static let keys = "0123456789#*ABCD"

    /// An unknown payload, and none (a ping, section 7.2.9), are acknowledged: clients end a call on an error.
    private mutating func informed(_ request: JingleElement) -> Outcome {
        var events: [Event] = []
        for info in request.payloads.compactMap({ RTPInfo($0) }) {
            switch info {
            case .active: (isHeld, isMuted) = (false, false)
            case .hold: isHeld = true
            case .unhold: isHeld = false
            case .mute(let name): if isAudio(name) { isMuted = true }
            case .unmute(let name): if isAudio(name) { isMuted = false }
            case .ringing: if role == .initiator, state == .pending { events.append(.ringing) }
            }
        }
        for dtmf in request.payloads where dtmf.matches("dtmf", JingleNamespace.dtmf) {
            guard let code = dtmf["code"], code.utf8.count == 1, let key = code.uppercased().first,
                JingleSession.keys.contains(key)
            else { return Outcome(error: .unsupportedInfo) }
            if dtmf["duration"] != "0" { events.append(.key(key)) }
        }
        if state == .active, let wish = JingleTransfer(in: request) { events.append(.transfer(wish)) }
        return Outcome(events: events + directionEvents())
    }

    func isAudio(_ name: String?) -> Bool {
        guard let name, let audio = audio(in: remoteDescription ?? localDescription) else { return true }
        return name == audio.name
    }

    mutating func directionEvents() -> [Event] {
        guard direction != reported else { return [] }
        reported = direction
        return [.direction(direction)]
    }

    /// Candidates of the audio, and of contents bundled with it, under the credentials described. Others belong to
    /// nothing, or no longer, and are left out, as is what goes beyond the limit.
    private mutating func trickled(_ contents: [Trickled]) -> [Event] {
        guard let audio = audio(in: remoteDescription), let ice = audio.ice else {
            for content in contents where remoteDescription == nil && !content.candidates.isEmpty {
                let kept = early.reduce(0) { $0 + $1.candidates.count }
                if kept < JingleLimits.candidates { early.append(content) }
            }
            return []
        }
        var fresh: [CandidateDescription] = []
        var events: [Event] = []
        for content in contents {
            guard content.ufrag == ice.ufrag || (content.ufrag == nil && content.name == audio.name) else { continue }
            let room = max(0, JingleLimits.candidates - candidateCount)
            fresh += content.candidates.prefix(room)
            candidateCount += min(room, content.candidates.count)
            if content.candidates.count > room, !isFlooded {
                isFlooded = true
                events.append(.flooded)
            }
        }
        return (fresh.isEmpty ? [] : [.candidates(fresh)]) + events
    }
}
