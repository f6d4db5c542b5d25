public import Primitives

/// Our answers to somebody who demands credentials, for one call: the first challenge, then each request with the next count.
public struct DigestClient: Sendable {
    /// Most challenges of one request that are answered.
    static let mostChallenges = 3

    private let user: DigestUser
    private var challenge: DigestChallenge
    private var isProxy: Bool
    private let clientNonce: String
    private var count: UInt32 = 0

    /// Nil when the response has no challenge that can be answered.
    public init?(answering response: SIPMessage, as user: DigestUser, entropy: Entropy) {
        guard let challenge = DigestChallenge(in: response) else { return nil }
        self.user = user
        self.challenge = challenge
        isProxy = response.status == 407
        clientNonce = entropy.token(16)
    }

    /// Takes another challenge: the first to a request, one to a nonce that is over, or by another on the way.
    /// - Parameter earlier: how many challenges the very request has met before.
    /// - Returns: false when our credentials were refused.
    public mutating func renew(by response: SIPMessage, after earlier: Int) -> Bool {
        guard earlier < DigestClient.mostChallenges, let next = DigestChallenge(in: response),
            earlier == 0 || next.isStale || next.realm != challenge.realm || isProxy != (response.status == 407)
        else { return false }
        challenge = next
        isProxy = response.status == 407
        count = 0
        return true
    }

    /// Puts credentials into a request that is otherwise complete.
    public mutating func sign(_ request: inout SIPMessage, _ hashing: Hashing) {
        guard let method = request.method, let uri = request.requestURI else { return }
        count = count < .max ? count + 1 : count
        let secret = challenge.algorithm.secret(
            of: user.name, realm: challenge.realm, password: user.password.secret, hashing)
        let credentials = DigestCredentials(
            username: user.name, answering: challenge, uri: uri.description, method: method, secret: secret,
            clientNonce: clientNonce, count: count, hashing: hashing)
        request.set(isProxy ? "Proxy-Authorization" : "Authorization", credentials.description)
    }
}
