/// What a sender wrote on the outside of a message (RFC 3862 section 4): the domain hands it on to who can read it.
public struct MessageEnvelope: Sendable, Hashable {
    /// A header of a namespace, neither of them looked at.
    public struct Header: Sendable, Hashable {
        /// Empty for the headers of RFC 3862 itself.
        public var namespace: String
        public var name: String
        public var value: String

        public init(namespace: String, name: String, value: String) {
            self.namespace = namespace
            self.name = name
            self.value = value
        }
    }

    /// `Subject`, with its language parameter where it has one.
    public var subjects: [String] = []
    /// `DateTime`, as the sender's clock had it.
    public var dateTime: String?
    public var headers: [Header] = []

    public init() {}
}
