import Conference
import MediaEngine

/// What can be done in calls across the gateway.
extension SettingsReader {
    func inCall() throws -> InCallConfiguration {
        InCallConfiguration(
            chatKeys: try bool("gateway.chat-keys", default: true),
            musicOnHold: string("gateway.music-on-hold", default: "default") != "none")
    }

    /// The tune for who is held; nil for the one among the prompts.
    func holdMusic() -> String? {
        let file = string("gateway.music-on-hold", default: "default")
        return ["default", "none"].contains(file) ? nil : file
    }
}
