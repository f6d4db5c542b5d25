/// What can be done in a bridged call.
public struct InCallConfiguration: Sendable, Hashable {
    /// Whether digits that an XMPP user writes to the number it talks to are keys pressed in the call.
    public var chatKeys = true
    /// Whether who is held hears music of ours.
    public var musicOnHold = false

    public init(chatKeys: Bool = true, musicOnHold: Bool = false) {
        self.chatKeys = chatKeys
        self.musicOnHold = musicOnHold
    }
}
