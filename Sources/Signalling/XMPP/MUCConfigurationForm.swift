import Conference
import Primitives
import XMPP

/// A room's settings as a data form, and back (XEP-0045 section 10.2 and 15.5.2).
enum MUCConfigurationForm {
    private static let prefix = "muc#roomconfig_"

    /// - Parameter offersPIN: whether the PIN is the owner's to say.
    static func form(_ settings: RoomSettings, _ room: RoomName, offersPIN: Bool) -> DataForm {
        func field(_ name: String, _ type: String, _ label: String, _ value: String?) -> DataForm.Field {
            .init(prefix + name, type: type, label: label, value.map { [$0] } ?? [])
        }
        func flag(_ name: String, _ label: String, _ isOn: Bool) -> DataForm.Field {
            field(name, "boolean", label, isOn ? "1" : "0")
        }
        var fields = [
            field("roomname", "text-single", "Name", settings.title),
            field("roomdesc", "text-single", "Description", settings.description),
            flag("persistentroom", "Stays when the last one leaves", settings.isPersistent),
            flag("publicroom", "Is listed", settings.isPublic),
            flag("membersonly", "Only members come in, also by phone", settings.isMembersOnly),
            flag("moderatedroom", "Newcomers listen until they are given the word", settings.isModerated),
            flag("changesubject", "Everybody who has the word may set the subject", settings.othersSetSubject),
            flag("enablearchiving", "Texts are kept", settings.isArchived),
            field(
                "maxusers", "text-single", "Most participants", settings.maximumParticipants.map { String($0) }),
        ]
        if offersPIN {
            fields += [
                flag("passwordprotectedroom", "Has a PIN", settings.pin != nil),
                field("roomsecret", "text-private", "PIN, on the phone and as the password here", settings.pin?.secret),
            ]
        }
        return DataForm(.form, formType: Namespace.mucRoomConfig, title: "The room \(room.text)", fields: fields)
    }

    /// What a submission says, over what was; fields that are not there stay as they were, and those that no room here
    /// has say nothing.
    static func settings(_ form: DataForm, over old: RoomSettings) -> Result<RoomSettings, StanzaError> {
        guard form.formType == nil || form.formType == Namespace.mucRoomConfig else {
            return .failure(StanzaError(.badRequest, "Another form."))
        }
        var settings = old
        var mistake: String?
        func flag(_ name: String, _ value: inout Bool) {
            guard form.values(prefix + name) != nil else { return }
            guard let isOn = form.flag(prefix + name) else { return mistake = "\(name) is neither true nor false." }
            value = isOn
        }
        flag("persistentroom", &settings.isPersistent)
        flag("publicroom", &settings.isPublic)
        flag("membersonly", &settings.isMembersOnly)
        flag("moderatedroom", &settings.isModerated)
        flag("changesubject", &settings.othersSetSubject)
        flag("enablearchiving", &settings.isArchived)
        if form.values(prefix + "roomname") != nil { settings.title = clean(form[prefix + "roomname"]) }
        if form.values(prefix + "roomdesc") != nil { settings.description = clean(form[prefix + "roomdesc"]) }
        if let most = form.values(prefix + "maxusers") {
            switch most.first {
            case nil, "", "none": settings.maximumParticipants = nil
            case let text?:
                guard let number = Int(text) else { return .failure(notAcceptable("maxusers is no number.")) }
                settings.maximumParticipants = number
            }
        }
        if let whois = form[prefix + "whois"], whois != "anyone" {
            mistake = "Everybody sees everybody's address in the rooms here."
        }
        var hasPIN = old.pin != nil
        flag("passwordprotectedroom", &hasPIN)
        if let secret = form[prefix + "roomsecret"], !secret.isEmpty { settings.pin = Redacted(secret) }
        if !hasPIN {
            settings.pin = nil
        } else if settings.pin == nil {
            mistake = "A room with a password needs one."
        }
        if let mistake { return .failure(notAcceptable(mistake)) }
        return .success(settings)
    }

    private static func clean(_ text: String?) -> String {
        String(
            String.UnicodeScalarView((text ?? "").unicodeScalars.filter { !$0.properties.isWhitespace || $0 == " " }))
    }

    private static func notAcceptable(_ text: String) -> StanzaError { StanzaError(.notAcceptable, text) }
}
