public import MediaDescription
import XMPP

/// ICE restart by the peer (XEP-0176 section 5.9): a transport-info, or a transport-replace to the same method, with
/// credentials that were not there before.
extension JingleSession {
    /// Most credentials of the past that are known again: candidates under them are late, and begin nothing.
    private static let formerLimit = 16

    /// Whether a request begins ICE anew.
    public func restartsICE(_ request: JingleElement) -> Bool {
        (request.action == .transportInfo || request.action == .transportReplace) && restart(in: request) != nil
    }

    /// The audio's transport as a request has it, where it brings new credentials for it, and no other certificate:
    /// DTLS goes on.
    func restart(in request: JingleElement) -> ContentDescription? {
        guard state != .ended, let audio, let current = audio.ice else { return nil }
        let named =
            request.contents.first { $0.name == audio.name }
            ?? request.contents.first { isBundled($0.name, with: audio.name) }
        guard let transport = named?.transport else { return nil }
        var content = ContentDescription(name: audio.name)
        JingleCodec.read(transport, into: &content)
        guard let ice = content.ice, ice.ufrag != current.ufrag, !formerUfrags.contains(ice.ufrag),
            content.fingerprints.isEmpty || content.fingerprints == audio.fingerprints
        else { return nil }
        content.ice?.isLite = ice.isLite || current.isLite
        return content
    }

    private func isBundled(_ name: String, with audio: String) -> Bool {
        remoteDescription?.groups.contains {
            $0.semantics == "BUNDLE" && $0.names.contains(name) && $0.names.contains(audio)
        } ?? false
    }

    /// Takes the new credentials in place of the old ones, for all contents that had those.
    mutating func restarted(_ content: ContentDescription, _ request: JingleElement) -> [Event] {
        guard let old = audio?.ice, let ice = content.ice, let contents = remoteDescription?.contents else { return [] }
        formerUfrags.append(old.ufrag)
        if formerUfrags.count > JingleSession.formerLimit { formerUfrags.removeFirst() }
        for index in contents.indices where contents[index].ice?.ufrag == old.ufrag {
            remoteDescription?.contents[index].ice = ice
            remoteDescription?.contents[index].candidates = []
        }
        candidateCount = content.candidates.count
        let names = Set(contents.map(\.name))
        let restart = ICERestart(
            remote: ice, candidates: content.candidates,
            contents: request.contents.filter { names.contains($0.name) }
                .map { ICERestart.Content(name: $0.name, creator: $0.creator) },
            isReplacement: request.action == .transportReplace)
        return [.restarted(restart)]
    }

    /// Our side of the restart: new credentials and all candidates in one request, as a request without candidates
    /// would be a restart of ours to some clients.
    public mutating func answer(
        _ restart: ICERestart, _ ice: ICEParameters, _ candidates: [CandidateDescription]
    ) -> JingleElement {
        for index in localDescription?.contents.indices ?? 0..<0
        where localDescription?.contents[index].ice != nil {
            localDescription?.contents[index].ice = ice
            localDescription?.contents[index].candidates = candidates
        }
        generation += 1
        var fresh = candidates
        for index in fresh.indices { fresh[index].generation = generation }
        let audio = audio?.name
        let contents = restart.contents.map { content in
            var described = ContentDescription(name: content.name, ice: ice)
            if content.name == audio || restart.contents.count == 1 { described.candidates = fresh }
            if restart.isReplacement, let local = localDescription?.contents.first(where: { $0.ice != nil }) {
                described.fingerprints = local.fingerprints
                described.setup = local.setup
            }
            return JingleContent(
                creator: content.creator, name: content.name, transport: JingleCodec.xml(transport: described))
        }
        return JingleElement(
            restart.isReplacement ? .transportAccept : .transportInfo, sid: sid, contents: contents)
    }
}
