public import Conference
import Media
import Primitives

/// Names that callers say, and announcements with names in them.
extension MediaPlane {
    // MARK: Said by callers

    /// Keeps what a leg says from now on as its name, three seconds at most; `named` comes back.
    public func recordName(_ leg: LegID) {
        guard let session = legs[leg], session.mix != nil, let tape = names.begin(leg) else {
            events.append(.named(leg, hasName: false))
            return
        }
        tell(session, .capture(leg, tape))
    }

    /// The name was said; `named` comes back if it did not yet.
    public func endNameRecording(_ leg: LegID) {
        guard let session = legs[leg] else { return }
        tell(session, .endCapture(leg))
    }

    /// Nobody is to hear that name again.
    public func forgetName(_ leg: LegID) { names.forget(leg) }

    /// The media thread has let go of a leg's tape.
    func captured(_ leg: LegID) {
        guard let hasName = names.end(leg) else { return }
        events.append(.named(leg, hasName: hasName))
    }

    // MARK: Played

    /// Plays what there is of an announcement, as soon as the names in it were read out.
    func announce(_ announcement: Announcement, to target: WaitingAnnouncements.Target) {
        var missing: Set<SpokenName> = []
        for case .spokenName(let text) in announcement.sounds {
            guard let name = speech.name(text, language: announcement.language) else { continue }
            if !speech.isKnown(name), speech.ask(for: name) { missing.insert(name) }
        }
        guard !missing.isEmpty, announcements.wait(announcement, for: missing, to: target) else {
            return play(sounds(of: announcement), to: target)
        }
    }

    /// What the synthesiser has read out.
    func receiveSpeech() {
        for name in speech.receive() {
            for ready in announcements.came(name) { play(sounds(of: ready.announcement), to: ready.target) }
        }
    }

    private func sounds(of announcement: Announcement) -> [Recording] {
        var found: [Recording] = []
        for sound in announcement.sounds {
            let name: Recording?
            switch sound {
            case .recordedName(let leg): name = names[leg]
            case .spokenName(let text):
                name = speech.name(text, language: announcement.language).flatMap { speech[$0] }
            default:
                found += prompts.recordings(Announcement([sound], language: announcement.language))
                continue
            }
            if let name {
                found.append(name)
            } else if !announcement.otherwise.isEmpty {
                return prompts.recordings(Announcement(announcement.otherwise, language: announcement.language))
            }
        }
        return found
    }

    /// To a leg in place of what is being played to it: nothing ends that.
    private func play(_ recordings: [Recording], to target: WaitingAnnouncements.Target) {
        switch target {
        case .leg(let leg):
            guard let session = legs[leg], session.mix != nil else {
                events.append(.played(leg))
                return
            }
            tell(session, .play(leg, recordings))
        case .mix(let mix):
            guard let place = mixes[mix], !recordings.isEmpty else { return }
            if let transit = place.transit {
                transit.waiting.push(.playToMix(mix, recordings))
            } else {
                workers[place.worker].tell(.playToMix(mix, recordings))
            }
        }
    }
}
