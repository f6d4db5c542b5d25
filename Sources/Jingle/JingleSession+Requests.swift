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
        case .transportInfo:
            return Outcome(
                events: trickled(
                    request.contents.map {
                        let (ufrag, candidates) = JingleCodec.candidates(in: $0)
                        return Trickled(name: $0.name, ufrag: ufrag, candidates: candidates)
                    }))
        case .transportReplace:
            return Outcome(requests: [answer(.transportReject, request) { $0.transport }])
        case .contentAdd: return Outcome(requests: [answer(.contentReject, request) { _ in nil }])
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
        for dtmf in request.payloads.prefix(32) where dtmf.matches("dtmf", JingleNamespace.dtmf) {
            if let code = dtmf["code"], code.count == 1, let key = code.first {
                events.append(.key(key))
            }
        }
        return Outcome(events: events + directionEvents())
    }

    private func isAudio(_ name: String?) -> Bool {
        guard let name, let audio = audio(in: remoteDescription ?? localDescription) else { return true }
        return name == audio.name
    }

    private mutating func modified(_ request: JingleElement) -> Outcome {
        for content in request.contents where isAudio(content.name) {
            guard let senders = content.senders else { return Outcome(error: .badRequest("no senders")) }
            describedDirection = senders.direction(seenBy: role.other)
        }
        return Outcome(events: directionEvents())
    }

    private mutating func directionEvents() -> [Event] {
        guard direction != reported else { return [] }
        reported = direction
        return [.direction(direction)]
    }

    /// Without audio there is nothing left: the session ends (section 7.2.5).
    private mutating func removed(_ request: JingleElement) -> Outcome {
        guard let audio = audio(in: remoteDescription ?? localDescription),
            request.contents.contains(where: { $0.name == audio.name }),
            let end = terminate(JingleReason(.success))
        else { return Outcome() }
        return Outcome(requests: [end], events: [.ended(request.reason ?? JingleReason(.success))])
    }

    private func answer(
        _ action: JingleAction, _ request: JingleElement, transport: (JingleContent) -> XMLElement?
    ) -> JingleElement {
        JingleElement(
            action, sid: sid,
            contents: request.contents.map {
                JingleContent(creator: $0.creator, name: $0.name, transport: transport($0))
            })
    }

    /// Candidates of the audio, and of contents bundled with it, under the credentials described. Others belong to an
    /// ICE restart or to nothing, and are left out, as is what goes beyond the limit.
    private mutating func trickled(_ contents: [Trickled]) -> [Event] {
        guard let audio = audio(in: remoteDescription), let ice = audio.ice else {
            for content in contents where remoteDescription == nil && !content.candidates.isEmpty {
                let kept = early.reduce(0) { $0 + $1.candidates.count }
                if kept < JingleLimits.candidates { early.append(content) }
            }
            return []
        }
        var fresh: [CandidateDescription] = []
        for content in contents {
            guard content.ufrag == ice.ufrag || (content.ufrag == nil && content.name == audio.name) else { continue }
            let room = max(0, JingleLimits.candidates - candidateCount)
            fresh += content.candidates.prefix(room)
            candidateCount += min(room, content.candidates.count)
        }
        return fresh.isEmpty ? [] : [.candidates(fresh)]
    }
}
