import MediaDescription
import XMPP

/// Changes of what a session is about (XEP-0166 sections 7.2.1 to 7.2.5, 7.2.14). It has one audio, and stays so.
extension JingleSession {
    /// What is added is rejected, in words. The stubs of description and transport are for clients that look for them.
    func added(_ request: JingleElement) -> Outcome {
        guard !request.contents.isEmpty else { return Outcome(error: .badRequest("no content")) }
        let isVideo = request.contents.contains { $0.description?["media"] == "video" }
        let reason =
            isVideo
            ? JingleReason(.unsupportedApplications, text: "There is no video here, only audio.")
            : JingleReason(.unsupportedApplications, text: "There is one audio stream in a call here, and no more.")
        let contents = request.contents.map { content in
            JingleContent(
                creator: content.creator, name: content.name,
                description: content.description.map {
                    XMLElement("description", $0.namespace, ["media": JingleCodec.bounded($0["media"])])
                },
                transport: content.transport.map { XMLElement("transport", $0.namespace) })
        }
        return Outcome(requests: [JingleElement(.contentReject, sid: sid, contents: contents, reason: reason)])
    }

    mutating func modified(_ request: JingleElement) -> Outcome {
        for content in request.contents where isAudio(content.name) {
            guard let senders = content.senders else { return Outcome(error: .badRequest("no senders")) }
            describedDirection = senders.direction(seenBy: role.other)
        }
        return Outcome(events: directionEvents())
    }

    /// Without audio there is nothing left: the session ends (section 7.2.5).
    mutating func removed(_ request: JingleElement) -> Outcome {
        guard let audio = audio(in: remoteDescription ?? localDescription),
            request.contents.contains(where: { $0.name == audio.name }),
            let end = terminate(JingleReason(.success))
        else { return Outcome() }
        return Outcome(requests: [end], events: [.ended(request.reason ?? JingleReason(.success))])
    }

    /// Another transport method, or another certificate, is rejected; the transport in use stays (section 7.2.15).
    func replaced(_ request: JingleElement) -> Outcome {
        guard !request.contents.isEmpty else { return Outcome(error: .badRequest("no content")) }
        let contents = request.contents.map {
            JingleContent(creator: $0.creator, name: $0.name, transport: $0.transport)
        }
        return Outcome(requests: [JingleElement(.transportReject, sid: sid, contents: contents)])
    }
}
