import COpenSSL
import Primitives
import Testing

@testable import MediaSecurity

/// The vectors that the standards print.
@Suite struct SRTPVectorTests {
    private static func bytes(_ text: String) throws -> [UInt8] {
        try #require(Hex.decode(text.filter { !$0.isWhitespace }))
    }

    /// RFC 3711 appendix B.2: AES-CM with session key, salt, and SSRC and index zero.
    @Test func theCounterModeKeyStream() throws {
        let cipher = try AESCounterCipher(key: Self.bytes("2B7E151628AED2A6ABF7158809CF4F3C"))
        let salt = CounterBlock(salt: try Self.bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"))
        var stream = [UInt8](repeating: 0, count: 16 * 0xff02)
        let block = salt.packet(ssrc: 0, PacketIndex(rolloverCounter: 0, sequence: 0))
        let done = stream.withUnsafeMutableBytes { cipher.apply(block, to: $0) }
        #expect(done)
        for (counter, expected) in [
            (0x0000, "E03EAD0935C95E80E166B16DD92B4EB4"), (0x0001, "D23513162B02D0F72A43A2FE4A5F97AB"),
            (0x0002, "41E95B3BB0A2E8DD477901E4FCA894C0"), (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
            (0xff00, "362B7C3C6773516318A077D7FC5073AE"), (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
        ] {
            #expect(Array(stream[(16 * counter)..<(16 * counter + 16)]) == (try Self.bytes(expected)))
        }
    }

    /// RFC 3711 appendix B.3.
    @Test func theSessionKeys() throws {
        let derivation = try KeyDerivation(
            masterKey: Self.bytes("E1F97A0D3E018BE0D64FA32C06DE4139"),
            masterSalt: Self.bytes("0EC675AD498AFEEBB6960B3AABE6"))
        let expected: [(KeyDerivation.Label, String)] = [
            (.encryption, "C61E7A93744F39EE10734AFE3FF7A087"), (.salt, "30CBBC08863D8C85D49DB34A9AE1"),
            (
                .authentication,
                """
                CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098
                6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2
                """
            ),
        ]
        for (label, key) in expected {
            let key = try Self.bytes(key)
            #expect(try derivation.derive(label, count: key.count) == key)
        }
    }

    private static let gallia =
        "8040f17b8041f8d35501a0b2" + "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"

    /// RFC 7714 sections 16.1.1 and 16.1.2.
    @Test func theGCMPacket() throws {
        let sealed = try Self.bytes(
            """
            8040f17b8041f8d35501a0b2 f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
            899d7f27beb16a9152cf765ee4390cce
            """)
        func protector() throws -> RTPProtector {
            RTPProtector(
                .gcm(
                    try GCMTransform(
                        key: Self.bytes("000102030405060708090a0b0c0d0e0f"),
                        salt: Self.bytes("517569642070726f2071756f"))))
        }
        let plain = try Self.bytes(Self.gallia)
        var sender = try protector()
        let made = try SRTPPackets.apply(plain) { buffer, count throws(SRTPError) in
            try sender.protect(buffer, count: count)
        }
        #expect(made == sealed)
        var receiver = try protector()
        let read = try SRTPPackets.apply(sealed) { buffer, count throws(SRTPError) in
            try receiver.unprotect(buffer, count: count)
        }
        #expect(read == plain)
    }

    /// RFC 7714 sections 16.1.3 and 16.1.4: all of the packet is associated data, and nothing is encrypted.
    @Test func theGCMTagOfAPacketThatIsNotEncrypted() throws {
        let cipher = try GCMCipher(key: Self.bytes("000102030405060708090a0b0c0d0e0f"))
        var iv = SIMD16<UInt8>()
        for (place, byte) in try Self.bytes("51753c6580c2726f20718414").enumerated() { iv[place] = byte }
        let packet = try Self.bytes(Self.gallia)
        var tag = [UInt8](repeating: 0, count: 16)
        let none = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        let done = packet.withUnsafeBytes { header in
            tag.withUnsafeMutableBytes { tag in
                tag.baseAddress.map { cipher.seal(iv: iv, header: header, text: none, tag: $0) } ?? false
            }
        }
        #expect(done)
        #expect(tag == (try Self.bytes("22493f82d2bce397e9d79e3b19aa4216")))
    }

    /// RFC 7714 sections 17.1 to 17.4, whose index is 0x5d4: encrypted, and not.
    @Test func theGCMReports() throws {
        let header = "81c8000d4d617273"
        let report = "4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
        let hidden = "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
        let plain = try Self.bytes(header + report)
        let encrypted = try Self.bytes(header + hidden + "c84aa45896cf4d2fc5abf87245d9eade" + "800005d4")
        let open = try Self.bytes(header + report + "841dd9683dd78ec92ae58790125f62b3" + "000005d4")
        func protector() throws -> SRTCPProtector {
            SRTCPProtector(
                .gcm(
                    try GCMTransform(
                        key: Self.bytes("000102030405060708090a0b0c0d0e0f"),
                        salt: Self.bytes("517569642070726f2071756f"))))
        }
        var sender = try protector()
        try sender.resume(0x4d61_7273, at: 0x5d3)
        let made = try SRTPPackets.apply(plain) { buffer, count throws(SRTPError) in
            try sender.protect(buffer, count: count)
        }
        #expect(made == encrypted)
        for packet in [encrypted, open] {
            var receiver = try protector()
            let read = try SRTPPackets.apply(packet) { buffer, count throws(SRTPError) in
                try receiver.unprotect(buffer, count: count)
            }
            #expect(read == plain)
        }
    }

    /// RFC 2104 by OpenSSL itself, for every length around the blocks of the hash.
    @Test(arguments: [10, 4]) func theAuthenticationTagIsHMACSHA1CutShort(tagLength: Int) {
        var dice = SplitMix64(1)
        for length in 0..<300 {
            let key = SRTPPackets.bytes(20, &dice)
            let packet = SRTPPackets.bytes(length, &dice)
            let counter = UInt32(truncatingIfNeeded: dice.next())
            let message = packet + withUnsafeBytes(of: counter.bigEndian) { Array($0) }
            var expected = [UInt8](repeating: 0, count: 20)
            var written: UInt32 = 0
            _ = HMAC(EVP_sha1(), key, 20, message, message.count, &expected, &written)
            var made = [UInt8](repeating: 0, count: tagLength)
            let hmac = HMACSHA1(key: key)
            packet.withUnsafeBytes { packet in
                made.withUnsafeMutableBytes { made in
                    let none = UnsafeRawPointer(bitPattern: 1)
                    if let packet = packet.baseAddress ?? none, let made = made.baseAddress {
                        hmac.tag(packet, count: length, word: counter).write(to: made, count: tagLength)
                    }
                }
            }
            #expect(made == Array(expected.prefix(tagLength)), "\(length) bytes")
        }
    }
}
