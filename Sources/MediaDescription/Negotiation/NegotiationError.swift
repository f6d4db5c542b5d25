/// Why an offer and an answer do not meet: 488, `incompatible-parameters`.
public enum NegotiationError: Error, Hashable, Sendable {
    /// No audio content is offered, or each one is taken out.
    case noAudio
    /// Audio is there and no codec of it is ours, telephone-event aside.
    case noCommonCodec
    /// Audio is there and it travels in no way we can: SDES without a key that we can use, DTLS without a
    /// fingerprint that we can check, no address.
    case unsupportedTransport
    /// The local media given is not of the kind that was offered.
    case transportMismatch
    /// The peer's answer refuses our content.
    case rejected
    /// The peer's answer does not fit the offer; the text says how.
    case badAnswer(String)
}
