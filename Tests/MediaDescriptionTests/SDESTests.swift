import MediaDescription
import Primitives
import Testing

/// `a=crypto` (RFC 4568): what is read from it, what is refused, and what is written.
@Suite struct SDESTests {
    private static func crypto(
        _ keyParameters: String, suite: String = "AES_CM_128_HMAC_SHA1_80", session: String = ""
    ) -> SDESCrypto {
        SDESCrypto(tag: 1, suite: suite, keyParameters: keyParameters, sessionParameters: session)
    }

    /// Thirty bytes, and twenty-eight.
    private static let key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
    private static let gcmKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"

    @Test func theExampleOfTheStandardIsRead() throws {
        let read = try #require(Self.crypto("inline:\(Self.key)|2^20").key)
        #expect(read.suite == .aes128CMSHA1_80)
        #expect(String(decoding: read.bytes.secret, as: UTF8.self) == "YS___semctl () {\t220;}\n}\nunles")
    }

    @Test(arguments: SDESSuite.allCases) func whatIsWrittenIsRead(suite: SDESSuite) throws {
        var dice = SplitMix64(1)
        for _ in 0..<200 {
            let bytes = (0..<suite.keyLength).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            let key = try #require(SDESKey(suite, bytes))
            let crypto = SDESCrypto(tag: 7, key)
            #expect(crypto.key == key)
            #expect(crypto.tag == 7 && crypto.suite == suite.rawValue && crypto.sessionParameters.isEmpty)
            #expect(key.bytes.secret == bytes)
        }
    }

    @Test func keysOfOurOwnAreAllDifferent() throws {
        var dice = SplitMix64(3)
        let words = (0..<1_000).map { _ in dice.next() }
        let sequence = Sequence(words)
        let entropy = Entropy { sequence.next() }
        let keys = (0..<20).flatMap { _ in SDESCrypto.fresh(entropy) }
        #expect(keys.prefix(3).map(\.suite) == SDESSuite.preferred.map(\.rawValue))
        #expect(keys.prefix(3).map(\.tag) == [1, 2, 3])
        #expect(keys.allSatisfy { $0.key != nil })
        #expect(Set(keys.map(\.keyParameters)).count == 60)
    }

    @Test(arguments: [
        "|2^20", "|2^31", "|2^48", "|1", "|281474976710656", "",
    ]) func lifetimesThatAreOnesArePassedOver(lifetime: String) {
        #expect(Self.crypto("inline:" + Self.key + lifetime).key != nil)
        #expect(Self.crypto("INLINE:" + Self.key + lifetime, suite: "aes_cm_128_hmac_sha1_32").key != nil)
    }

    @Test(arguments: ["", "=", "=="]) func paddingMayBeMissing(padding: String) {
        let key = Self.crypto("inline:" + Self.gcmKey + padding, suite: "AEAD_AES_128_GCM").key
        #expect(key?.bytes.secret == (0..<28).map { UInt8($0) })
    }

    @Test(arguments: [
        "", "inline", "inline:", "inline:|", "inline:|2^20", "prompt:\(key)", "\(key)",
        // Too short, too long, not base 64, padded in the middle or too much, white space inside.
        "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV", "inline:\(key)A", "inline:\(key)AAAA", "inline:\(key)===",
        "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG!z", "inline:WVNfX19z=W1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        "inline:WVNfX19zZW1jdGwg KCkgewkyMjA7fQp9CnVubGV", "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV\u{e9}",
        // Lifetimes and MKI that are none.
        "inline:\(key)|", "inline:\(key)|0", "inline:\(key)|2^49", "inline:\(key)|2^", "inline:\(key)|-1",
        "inline:\(key)|281474976710657", "inline:\(key)|99999999999999999999999999",
        "inline:\(key)|2^999999999999999999999",
        "inline:\(key)|1:0", "inline:\(key)|2^20|1:129", "inline:\(key)|2^20|1:4|", "inline:\(key)||",
        "inline:\(key)|1:4|2^20", "inline:\(key)|:4", "inline:\(key)|1:4|1:4",
        "inline:\(key)|2^20|2^20",
        // Several keys.
        "inline:\(key);inline:\(key)", "inline:\(key)|2^20;inline:\(key)",
        "inline:\(key)|2^20|1:4;inline:\(key)|2^20|2:4",
    ]) func keysThatCannotBeUsedAreRefused(keyParameters: String) {
        #expect(Self.crypto(keyParameters).key == nil)
    }

    @Test func keysOfAnotherSuiteAreRefused() {
        for suite in ["AES_256_CM_HMAC_SHA1_80", "AEAD_AES_256_GCM", "F8_128_HMAC_SHA1_80", "NULL_HMAC_SHA1_80", ""] {
            #expect(Self.crypto("inline:" + Self.key, suite: suite).key == nil)
        }
        #expect(Self.crypto("inline:" + Self.key, suite: "AEAD_AES_128_GCM").key == nil)
        #expect(Self.crypto("inline:" + Self.gcmKey).key == nil)
    }

    @Test func sessionParametersThatTakeProtectionAwayOrAreNotKnownAreRefused() {
        for session in [
            "UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP", "KDR=1", "KDR=", "KDR",
            "FEC_ORDER=FEC_SRTP",
            "FEC_KEY=inline:\(Self.key)", "WSH=63", "WSH=", "WSH=x", "SOMETHING", "=", "WSH=64 UNENCRYPTED_SRTP",
        ] {
            #expect(Self.crypto("inline:" + Self.key, session: session).key == nil, "\(session)")
        }
        for session in ["WSH=64", "WSH=1024", "KDR=0", "-X", "-UNKNOWN=1 WSH=128", "wsh=64"] {
            #expect(Self.crypto("inline:" + Self.key, session: session).key != nil, "\(session)")
        }
    }

    @Test func theSecretIsNotPrinted() throws {
        let key = try #require(Self.crypto("inline:" + Self.key).key)
        #expect(!"\(key)".contains("89") && "\(key)".contains("redacted"))
    }

    @Test func truncationsAndNoiseNeverTrap() {
        let whole = "inline:\(Self.key)|2^20|1:4;inline:\(Self.key)"
        for length in 0...whole.count { _ = Self.crypto(String(whole.prefix(length))).key }
        var dice = SplitMix64(2)
        for _ in 0..<5_000 {
            var bytes = Array(whole.utf8)
            for _ in 0...dice.below(4) { bytes[dice.below(bytes.count)] = UInt8(truncatingIfNeeded: dice.next()) }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = Self.crypto(text, session: text).key
            // Through SDP too.
            let sdp =
                "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5000 RTP/SAVP 0\r\n"
            if let offer = try? SDP.parse(Array((sdp + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 ").utf8) + bytes) {
                _ = try? Negotiation.answer(to: offer, local: .secured, origin: nil)
            }
        }
        #expect(Self.crypto("inline:" + String(repeating: "A", count: 100_000)).key == nil)
    }

    private final class Sequence: @unchecked Sendable {
        private var words: [UInt64]
        init(_ words: [UInt64]) { self.words = words }
        func next() -> UInt64 { words.removeLast() }
    }
}
