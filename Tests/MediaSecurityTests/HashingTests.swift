import MediaSecurity
import Primitives
import Testing

@Suite struct HashingTests {
    private let abc = Array("abc".utf8)

    @Test func digestsFollowTheirVectors() {
        #expect(Hex.encode(Hashing.openSSL.md5(abc)) == "900150983cd24fb0d6963f7d28e17f72")
        #expect(Hex.encode(Hashing.openSSL.sha1(abc)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            Hex.encode(Hashing.openSSL.sha256(abc))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hex.encode(Hashing.openSSL.md5([])) == "d41d8cd98f00b204e9800998ecf8427e")
    }

    @Test func hmacFollowsRFC2202() {
        let code = Hashing.openSSL.hmacSHA1(Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(Hex.encode(code) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(Hashing.openSSL.hmacSHA1([], []).count == 20)
    }

    @Test func certificatesDiffer() throws {
        let (one, two) = try (Certificate(), Certificate())
        #expect(one.fingerprint.count == 32)
        #expect(one.fingerprint != two.fingerprint)
    }
}
