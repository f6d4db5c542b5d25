import Conference

/// `conference-description` (RFC 4575 section 5.3).
public struct InfoDescription: Sendable, Hashable {
    public var displayText: String
    public var subject: String?
    /// What else is to be known of the conference: that it is recorded.
    public var freeText: String?
    /// Other addresses of the conference.
    public var uris: [InfoURI]
    /// Most users that may be in; nil when that is not told.
    public var maximumUsers: Int?

    public init(displayText: String, subject: String?, uris: [InfoURI], maximumUsers: Int? = nil) {
        self.displayText = displayText
        self.subject = subject
        self.uris = uris
        self.maximumUsers = maximumUsers
    }

    init(_ room: Room, in context: ConferenceInfoContext) {
        let subject = room.subject?.text ?? ""
        self.init(
            displayText: room.name.text, subject: subject.isEmpty ? nil : subject, uris: context.uris,
            maximumUsers: context.maximumUsers)
        if room.recording?.since != nil { freeText = Self.recorded }
    }

    /// RFC 4575 has no element for it; `free-text` is what people are shown (section 5.3).
    static let recorded = "This conference is being recorded."

    /// The label that ties each endpoint's audio to the conference's (RFC 4575 section 5.3.5, RFC 4574).
    static let audioLabel = "audio"

    var element: InfoElement {
        var children = [InfoElement("display-text", text: displayText)]
        if let subject { children.append(InfoElement("subject", text: subject)) }
        if let freeText { children.append(InfoElement("free-text", text: freeText)) }
        if !uris.isEmpty { children.append(InfoElement("conf-uris", children: uris.map(\.element))) }
        if let maximumUsers { children.append(InfoElement("maximum-user-count", text: String(max(0, maximumUsers)))) }
        let audio = InfoElement(
            "entry", attributes: [.init("label", Self.audioLabel)],
            children: [InfoElement("type", text: "audio"), InfoElement("status", text: "sendrecv")])
        children.append(InfoElement("available-media", children: [audio]))
        return InfoElement("conference-description", children: children)
    }
}
