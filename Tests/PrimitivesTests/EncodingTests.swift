import Primitives
import Testing

@Suite struct EncodingTests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func base64FollowsTheVectorsOfRFC4648(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(plain.utf8))
    }

    @Test func hexRefusesOddAndForeignDigits() {
        #expect(Hex.decode("00ffA0") == [0, 255, 160])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
        #expect(Hex.encode([1, 171]) == "01ab")
    }

    @Test func aReaderNeverRunsPastTheEnd() {
        var reader = ByteReader([1, 2, 3])
        #expect(reader.u16() == 0x0102)
        #expect(reader.u16() == nil)
        #expect(reader.take(-1) == nil)
        #expect(reader.u8() == 3)
        #expect(reader.u8() == nil)
    }

    @Test func uuidsAreOfVersionFour() {
        let uuid = Entropy.system.uuid()
        #expect(uuid.count == 36)
        #expect(Array(uuid)[14] == "4")
        #expect("89ab".contains(Array(uuid)[19]))
    }

    @Test func timesPrintAsXMPPWantsThem() {
        #expect(WallTime(milliseconds: 0).iso8601 == "1970-01-01T00:00:00.000Z")
        #expect(WallTime(milliseconds: 1_709_210_096_789).iso8601 == "2024-02-29T12:34:56.789Z")
        #expect(WallTime(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
    }

    @Test func secretsDoNotPrint() {
        #expect("\(Redacted("hunter2"))" == "‹redacted›")
        #expect(String(reflecting: Redacted("hunter2")) == "‹redacted›")
    }
}

@Suite struct LogTextTests {
    @Test func whatBreaksALineIsEscaped() {
        #expect("a\r\nb\u{0}\u{1b}[31m".loggable == "a\\r\\nb\\0\\u{1B}[31m")
        #expect("\u{202e}cod\u{2028}".loggable == "\\u{202E}cod\\u{2028}")
        #expect("Zoë 東京 😀".loggable == "Zoë 東京 😀")
        #expect(String(repeating: "x", count: 10_000).loggable.count == 2001)
    }
}

@Suite struct SeededTests {
    @Test func theSequenceIsTheOneOfItsAuthorAndTheSameEachTime() {
        var numbers = SplitMix64(1_234_567)
        let drawn = [numbers.next(), numbers.next(), numbers.next()]
        #expect(drawn == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
        #expect(Entropy.seeded(7).bytes(40) == Entropy.seeded(7).bytes(40))
        #expect(Entropy.seeded(7).u64() != Entropy.seeded(8).u64())
    }
}
