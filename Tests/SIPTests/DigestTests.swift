import MediaSecurity
import Primitives
import Testing

@testable import SIP

/// Digest authentication (RFC 7616, RFC 8760, RFC 3261 section 22).
@Suite struct DigestTests {
    private let home = IPAddress.v4(0xc000_0201)
    private let abroad = IPAddress.v4(0xc633_6401)

    // MARK: RFC 7616 section 3.9.1

    private func mufasa(_ algorithm: DigestAlgorithm) -> String {
        var challenge = DigestChallenge(
            realm: "http-auth@example.org", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm: algorithm)
        challenge.opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        return DigestCredentials(
            username: "Mufasa", answering: challenge, uri: "/dir/index.html", method: SIPMethod(rawValue: "GET"),
            secret: algorithm.secret(
                of: "Mufasa", realm: "http-auth@example.org", password: "Circle of Life", .openSSL),
            clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", count: 1, hashing: .openSSL
        ).response
    }

    @Test func theVectorsOfTheRFC() {
        #expect(mufasa(.md5) == "8ca523f5e9506fed4657c9700eebdbec")
        #expect(mufasa(.sha256) == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var challenge = DigestChallenge(realm: #"a "b" \ c"#, nonce: "n,o=1", algorithm: .sha256, isStale: true)
        challenge.opaque = "xyz"
        #expect(DigestChallenge(parsing: challenge.description) == challenge)
        let credentials = DigestCredentials(
            username: "alice", answering: challenge, uri: "sip:demo@example.org;x=1,2", method: .invite, secret: "00",
            clientNonce: "c", count: 0x1f, hashing: .openSSL)
        #expect(credentials.quality?.count == "0000001f")
        #expect(DigestCredentials(parsing: credentials.description) == credentials)
        let text = credentials.description
        for length in 0..<text.count { _ = DigestCredentials(parsing: String(text.prefix(length))) }
        for length in 0..<challenge.description.count {
            _ = DigestChallenge(parsing: String(challenge.description.prefix(length)))
        }
    }

    @Test func otherSchemesAndAlgorithmsAreNotUnderstood() {
        #expect(DigestChallenge(parsing: #"Basic realm="a""#) == nil)
        #expect(DigestChallenge(parsing: #"Digest realm="a", nonce="n", algorithm=SHA-512-256"#) == nil)
        #expect(DigestChallenge(parsing: #"Digest realm="a", nonce="n", qop="auth-int""#) == nil)
        #expect(DigestChallenge(parsing: #"digest REALM=a,nonce=n"#)?.hasQuality == false)
    }

    // MARK: The guard

    private func accounts() -> SIPAccounts {
        SIPAccounts(
            domain: "example.org",
            secrets: ["alice": .password(Redacted("wonderland")), "bob": .password(Redacted("builder"))])
    }

    private func makeGuard() -> DigestGuard {
        DigestGuard(accounts(), hashing: .openSSL, entropy: .seeded(7))
    }

    private func request(_ headers: [SIPHeader] = [], uri: String = "sip:demo@example.org") throws -> SIPMessage {
        var from = NameAddress(SIPURI(user: "alice", host: "example.org"))
        from.tag = "1"
        var request = SIPMessage(
            .invite, try #require(SIPURI(uri)), from: from, to: NameAddress(try #require(SIPURI(uri))), callID: "c",
            sequence: 1)
        request.headers = headers
        return request
    }

    private func answer(
        _ challenge: DigestChallenge, _ user: String = "alice", _ password: String = "wonderland", count: UInt32 = 1,
        uri: String = "sip:demo@example.org", method: SIPMethod = .invite
    ) -> SIPHeader {
        let secret = challenge.algorithm.secret(of: user, realm: challenge.realm, password: password, .openSSL)
        return SIPHeader(
            "Authorization",
            DigestCredentials(
                username: user, answering: challenge, uri: uri, method: method, secret: secret, clientNonce: "cn",
                count: count, hashing: .openSSL
            ).description)
    }

    private func challenge(_ digest: DigestGuard, to source: IPAddress, at now: Instant) throws -> [DigestChallenge] {
        digest.challenges(isStale: false, to: source, at: now).compactMap { DigestChallenge(parsing: $0.value) }
    }

    @Test func bothAlgorithmsAreOfferedTheStrongerFirstAndTaken() throws {
        var digest = makeGuard()
        let offered = try challenge(digest, to: home, at: .zero)
        #expect(offered.map(\.algorithm) == [.sha256, .md5])
        #expect(digest.judge(try request(), from: home, at: .zero) == .missing)
        for (index, challenge) in offered.enumerated() {
            let asked = try request([answer(challenge, count: UInt32(index + 1))])
            #expect(digest.judge(asked, from: home, at: .zero) == .account("alice"))
        }
        let whole = try #require(try challenge(digest, to: home, at: .zero).first)
        let named = try request([answer(whole, "alice@example.org")])
        #expect(digest.judge(named, from: home, at: .zero) == .account("alice"))
    }

    @Test func onlyWhatAllAccountsCanShowIsOffered() throws {
        let hash = DigestAlgorithm.md5.secret(of: "carol", realm: "example.org", password: "x", .openSSL)
        let accounts = SIPAccounts(
            domain: "example.org",
            secrets: ["alice": .password(Redacted("wonderland")), "carol": .hashes(Redacted([.md5: hash]))])
        var digest = DigestGuard(accounts, hashing: .openSSL, entropy: .seeded(7))
        let offered = try challenge(digest, to: home, at: .zero)
        #expect(offered.map(\.algorithm) == [.md5])
        let asked = try request([answer(offered[0], "carol", "x")])
        #expect(digest.judge(asked, from: home, at: .zero) == .account("carol"))
    }

    @Test func aCountIsTakenOnceAndMayOvertakeAnother() throws {
        var digest = makeGuard()
        let challenge = try #require(try challenge(digest, to: home, at: .zero).first)
        func count(_ count: UInt32) throws -> DigestVerdict {
            digest.judge(try request([answer(challenge, count: count)]), from: home, at: .zero)
        }
        #expect(try count(2) == .account("alice"))
        #expect(try count(2) == .stale)
        #expect(try count(1) == .account("alice"))
        #expect(try count(1) == .stale)
        #expect(try count(0) == .stale)
        #expect(try count(100) == .account("alice"))
        #expect(try count(36) == .stale)
        #expect(try count(37) == .account("alice"))
        #expect(try count(.max) == .account("alice"))
        #expect(try count(100) == .stale)
    }

    @Test func aNonceIsOverAfterFiveMinutesAndGoodNowhereElse() throws {
        var digest = makeGuard()
        let challenge = try #require(try challenge(digest, to: home, at: .zero).first)
        let asked = try request([answer(challenge)])
        #expect(digest.judge(asked, from: abroad, at: .zero) == .stale)
        #expect(digest.judge(asked, from: home, at: .zero + .seconds(300)) == .stale)
        #expect(digest.judge(asked, from: home, at: .zero + .seconds(299)) == .account("alice"))
        var forged = challenge
        forged.nonce = String(repeating: "0", count: challenge.nonce.utf8.count)
        #expect(digest.judge(try request([answer(forged)]), from: home, at: .zero) == .stale)
    }

    @Test func wrongPasswordsAndStrangersAreRefusedAlike() throws {
        var digest = makeGuard()
        let challenge = try #require(try challenge(digest, to: home, at: .zero).first)
        #expect(digest.judge(try request([answer(challenge, "alice", "x")]), from: home, at: .zero) == .wrong)
        #expect(digest.judge(try request([answer(challenge, "eve", "x")]), from: home, at: .zero) == .wrong)
        #expect(digest.judge(try request([answer(challenge, method: .bye)]), from: home, at: .zero) == .wrong)
    }

    @Test func credentialsAreForOneURI() throws {
        var digest = makeGuard()
        let challenge = try #require(try challenge(digest, to: home, at: .zero).first)
        let other = try request([answer(challenge, uri: "sip:else@example.org")])
        #expect(digest.judge(other, from: home, at: .zero) == .misdirected)
        let server = try request([answer(challenge, uri: "sip:example.org:5060")])
        #expect(digest.judge(server, from: home, at: .zero) == .account("alice"))
    }

    @Test func whoGuessesIsBarredAfterTenAndMayGuessSlowly() throws {
        var digest = makeGuard()
        var now = Instant.zero
        let challenge = try #require(try challenge(digest, to: home, at: now).first)
        for count in 1...10 {
            let wrong = try request([answer(challenge, "alice", "x", count: UInt32(count))])
            #expect(digest.judge(wrong, from: home, at: now) == .wrong)
        }
        // Not even the right one is looked at, but elsewhere it is.
        #expect(digest.judge(try request([answer(challenge)]), from: home, at: now) == .barred)
        let outside = try #require(try self.challenge(digest, to: abroad, at: now).first)
        #expect(digest.judge(try request([answer(outside)]), from: abroad, at: now) == .account("alice"))
        now += .seconds(11)
        #expect(digest.judge(try request([answer(challenge, count: 20)]), from: home, at: now) == .account("alice"))
    }

    @Test func whatIsKeptOfGuessersAndNoncesIsBounded() throws {
        var failures = DigestFailures(limit: 16)
        for number in 0..<1000 as Range<UInt32> { failures.note(.v4(number), at: .zero) }
        #expect(failures.count == 16)
        var nonces = DigestNonces(limit: 16, entropy: .seeded(1))
        var first = ""
        for number in 0..<100 {
            let now = Instant.zero + .milliseconds(number)
            let nonce = nonces.issue(to: home, entropy: .seeded(UInt64(number)), .openSSL, at: now)
            if number == 0 { first = nonce }
            #expect(nonces.take(1, of: nonce, at: now) == true)
        }
        #expect(nonces.count == 16)
        // What was forgotten is over, so that nothing of it is taken twice.
        #expect(!nonces.isGood(first, from: home, .openSSL, at: .zero + .seconds(1)))
    }

    @Test func nonsenseIsNoProof() throws {
        let digest = makeGuard()
        let challenge = try #require(try challenge(digest, to: home, at: .zero).first)
        let good = answer(challenge).value
        var random = SplitMix64(5)
        for _ in 0..<2000 {
            var bytes = Array(good.utf8)
            for _ in 0...random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: 32 + random.next() % 95)
            }
            let mutated = String(decoding: bytes, as: UTF8.self)
            var fresh = digest
            let verdict = fresh.judge(
                try request([SIPHeader("Authorization", mutated)]), from: home, at: .zero)
            // What does not enter the digest may change: white space, and the algorithm's case.
            if verdict == .account("alice") {
                #expect(DigestCredentials(parsing: mutated)?.response == DigestCredentials(parsing: good)?.response)
            }
        }
    }

    // MARK: The client

    @Test func theTopmostChallengeThatIsUnderstoodIsAnswered() throws {
        var response = try request().response(407)
        response.headers = [
            SIPHeader("Proxy-Authenticate", #"Digest realm="t", nonce="1", algorithm=SHA-512-256, qop="auth""#),
            SIPHeader("Proxy-Authenticate", #"Digest realm="t", nonce="2", algorithm=SHA-256, qop="auth,auth-int""#),
            SIPHeader("Proxy-Authenticate", #"Digest realm="t", nonce="3", algorithm=MD5"#),
        ]
        let user = DigestUser(name: "confab", password: Redacted("secret"))
        var client = try #require(DigestClient(answering: response, as: user, entropy: .seeded(1)))
        var again = try request()
        client.sign(&again, .openSSL)
        client.sign(&again, .openSSL)
        let given = try #require(again.header("Proxy-Authorization").flatMap { DigestCredentials(parsing: $0) })
        #expect(given.algorithm == .sha256 && given.nonce == "2" && given.quality?.count == "00000002")
        let secret = DigestAlgorithm.sha256.secret(of: "confab", realm: "t", password: "secret", .openSSL)
        #expect(given.response == given.expected(method: .invite, secret: secret, .openSSL))
        // The same again means no; a nonce that is over may be answered, not for ever.
        #expect(client.renew(by: response, after: 1) == false)
        response.headers = [SIPHeader("Proxy-Authenticate", #"Digest realm="t", nonce="4", stale=true, qop="auth""#)]
        #expect(client.renew(by: response, after: 1) == true)
        #expect(client.renew(by: response, after: 2) == true)
        #expect(client.renew(by: response, after: 3) == false)
        // The next request of the call has its own; not everybody says that the old nonce is over.
        response.headers = [SIPHeader("Proxy-Authenticate", #"Digest realm="t", nonce="5", qop="auth""#)]
        #expect(client.renew(by: response, after: 0) == true)
    }
}
