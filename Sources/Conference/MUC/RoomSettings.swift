public import Primitives

/// What a room's owner decided about it (XEP-0045 section 10.2); the operator's `RoomPolicy` goes before it.
public struct RoomSettings: Sendable, Hashable {
    /// Shown in the place of the room's name; empty for none.
    public var title = ""
    public var description = ""
    /// Whether it stays when its last participant leaves.
    public var isPersistent = false
    /// Whether it is listed.
    public var isPublic = true
    public var isMembersOnly = false
    /// Whether newcomers who are no members listen until they are given the word.
    public var isModerated = false
    /// The PIN on the phone, the password in the MUC; nil for none, or the operator's.
    public var pin: Redacted<String>?
    /// Most participants; nil for as many as any room may have.
    public var maximumParticipants: Int?
    /// Whether others than moderators set the subject.
    public var othersSetSubject = true
    /// Whether texts are kept for the archive.
    public var isArchived = true

    public init() {}

    public static let longestTitle = 256
    public static let longestDescription = 2048

    /// Why these cannot be a room's settings; nil when they can.
    func problem(
        after old: RoomSettings, under policy: RoomPolicy, _ configuration: ConferenceConfiguration
    ) -> String? {
        if title.utf8.count > RoomSettings.longestTitle { return "The name is too long." }
        if description.utf8.count > RoomSettings.longestDescription { return "The description is too long." }
        if let pin, pin != old.pin {
            if policy.pin != nil { return "The PIN of this room is the operator's." }
            guard (1...32).contains(pin.secret.utf8.count), pin.secret.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return "The password is the room's PIN on the phone: 1 to 32 digits." }
            if pin.secret == policy.moderatorPIN?.secret { return "That password cannot be had." }
        }
        let most = min(configuration.maximumParticipants, policy.maximumParticipants ?? .max)
        if let maximumParticipants, !(1...most).contains(maximumParticipants) {
            return "A room here has 1 to \(most) participants."
        }
        return nil
    }
}

extension RoomPolicy {
    /// What holds in a room: the operator's word where there is one, else the owner's.
    func under(_ settings: RoomSettings) -> RoomPolicy {
        var policy = self
        policy.pin = pin ?? settings.pin
        policy.maximumParticipants = [maximumParticipants, settings.maximumParticipants].compactMap(\.self).min()
        return policy
    }
}

/// What everybody may know of a room, whether it is there or would be made on first use.
public struct RoomProfile: Sendable, Hashable {
    public var settings: RoomSettings
    public var isPersistent: Bool
    public var hasPIN: Bool
    /// Whether that is the operator's.
    public var hasOperatorsPIN: Bool
    public var maximumParticipants: Int
    public var language: String?
    public var participants: Int
    public var subject: String
}

extension Conference {
    /// What everybody may know of a room.
    public func profile(of name: RoomName) -> RoomProfile {
        let state = states[name]
        let policy = state?.policy ?? configuration.policy(of: name)
        var settings = state?.settings ?? RoomSettings()
        settings.pin = nil
        return RoomProfile(
            settings: settings, isPersistent: state?.isPermanent ?? configuration.rooms.contains(name),
            hasPIN: policy.pin != nil, hasOperatorsPIN: configuration.policy(of: name).pin != nil,
            maximumParticipants: min(configuration.maximumParticipants, policy.maximumParticipants ?? .max),
            language: policy.language, participants: state?.room.participants.count ?? 0,
            subject: state?.room.subject?.text ?? "")
    }

    /// What its owner decided about a room; nil for who is no owner.
    public func settings(of name: RoomName, for asker: PeerAddress) -> RoomSettings? {
        affiliation(of: asker, in: name) == .owner ? states[name]?.settings : nil
    }
}
