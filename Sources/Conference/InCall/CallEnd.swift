/// What is known of one end of a bridged call, beside its address.
struct CallEnd: Sendable, Hashable {
    /// As whom it knows the other, where that is not by who called whom.
    var face: PeerAddress?
    /// What it calls itself.
    var displayName: String?
    /// Whether it has proven on the SIP side who it is.
    var isProven = false
    /// Who it is by its proof, where it hides that from whom it talks to.
    var account: PeerAddress?
    /// The host that it came from, or is called at.
    var origin: String?
    var source: UInt32?
    /// Whether it goes by an account of ours elsewhere, under its address alone.
    var isByLine = false
    /// What it types to be pressed for the other.
    var typed = TypedKeys()
}
