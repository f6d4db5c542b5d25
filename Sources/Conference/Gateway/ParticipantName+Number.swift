extension ParticipantName {
    /// A display name, unless it could be taken for a number: that is for the gateway to say, not for who calls.
    static func noNumber(_ name: String) -> String? {
        let digits = name.unicodeScalars.lazy.filter { $0.properties.numericType != nil }.count
        let letters = name.unicodeScalars.lazy.filter(\.properties.isAlphabetic).count
        return digits >= 3 && digits >= letters ? nil : name
    }
}
