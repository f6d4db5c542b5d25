public import MediaDescription

/// The peer begins ICE anew, under other credentials (XEP-0176 section 5.9, RFC 8445 section 9).
public struct ICERestart: Sendable, Hashable {
    public var remote: ICEParameters
    /// Those that came with the credentials; none where they trickle.
    public var candidates: [CandidateDescription]
    /// The contents it is said of, which our answer names too.
    let contents: [Content]
    /// Whether it came as a transport-replace, which wants a transport-accept.
    let isReplacement: Bool

    struct Content: Sendable, Hashable {
        let name: String
        let creator: Creator
    }
}
