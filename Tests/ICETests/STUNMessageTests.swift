import Primitives
import Testing

@testable import ICE

/// The messages of RFC 5769 section 2.
private enum Vector {
    static let request = bytes(
        """
        000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151
        263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf
        """)
    static let responseV4 = bytes(
        """
        0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd
        9e90c38c7489f92af9ba53f06be7d780280004c07d4c96
        """)
    static let responseV6 = bytes(
        """
        010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5be
        d2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c
        """)
    static let longTerm = bytes(
        """
        000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b900000015001c662f2f3439396b3935
        3464364f4c33346f4c39465354767936347341 0014000b6578616d706c652e6f7267000008 0014f67024656dd64a3e02b8e0712e85c9a28ca896
        66
        """)
    static let key = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)
    /// MD5 of `マトリックス:example.org:TheMatrIX`.
    static let longTermKey = bytes("e8ca7ad59d5eb0518e312911d2dab2a9")

    static func bytes(_ text: String) -> [UInt8] { Hex.decode(text.filter { !$0.isWhitespace }) ?? [] }
}

@Suite struct STUNMessageTests {
    @Test func theSampleRequestIsRead() throws {
        let message = try STUNMessage(decoding: Vector.request)
        #expect(message.messageClass == .request && message.method == STUNMessage.binding)
        #expect(
            message.attributes == [
                .software("STUN test client"), .priority(0x6e00_01ff), .iceControlled(0x932f_f9b1_5126_3b36),
                .username("evtj:h6vY"),
            ])
        #expect(message.isAuthentic(key: Vector.key, hashing: .test))
        #expect(!message.isAuthentic(key: Vector.key + [1], hashing: .test))
        #expect(STUNMessage.looksLikeSTUN(Vector.request))
    }

    @Test(arguments: [
        (Vector.responseV4, "192.0.2.1:32853"), (Vector.responseV6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
    ])
    func theSampleResponsesAreRead(_ bytes: [UInt8], _ address: String) throws {
        let message = try STUNMessage(decoding: bytes)
        #expect(message.messageClass == .success)
        #expect(
            message.attributes == [.software("test vector"), .xorMappedAddress(SocketAddress(stringLiteral: address))])
        #expect(message.isAuthentic(key: Vector.key, hashing: .test))
    }

    @Test func theSampleRequestWithLongTermCredentialsIsReadAndWritten() throws {
        let message = try STUNMessage(decoding: Vector.longTerm)
        #expect(
            message.attributes == [
                .username("マトリックス"), .nonce("f//499k954d6OL34oL9FSTvy64sA"), .realm("example.org"),
            ])
        #expect(message.isAuthentic(key: Vector.longTermKey, hashing: .test))
        #expect(message.encoded(key: Vector.longTermKey, hashing: .test, fingerprint: false) == Vector.longTerm)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func whatIsWrittenIsRead(seed: UInt64) throws {
        var random = SplitMix64(seed)
        let message = randomMessage(&random)
        let key = seed % 3 == 0 ? nil : Array("secret".utf8)
        let bytes = message.encoded(key: key, hashing: .test, fingerprint: seed % 2 == 0)
        let read = try STUNMessage(decoding: bytes)
        #expect(read.attributes == message.attributes)
        #expect(read.messageClass == message.messageClass && read.method == message.method)
        #expect(read.transactionID == message.transactionID)
        #expect(read.isAuthentic(key: Array("secret".utf8), hashing: .test) == (key != nil))
    }

    @Test func cutOffMessagesAreRefused() {
        for bytes in [Vector.request, Vector.responseV4, Vector.responseV6, Vector.longTerm] {
            for length in 0..<bytes.count {
                #expect(throws: STUNError.self) { try STUNMessage(decoding: Array(bytes.prefix(length))) }
            }
        }
    }

    @Test func aChangedByteIsNoticed() {
        var random = SplitMix64(7)
        for index in Vector.request.indices.dropLast(8) {
            var bytes = Vector.request
            bytes[index] ^= UInt8.random(in: 1...255, using: &random)
            let message = try? STUNMessage(decoding: bytes)
            #expect(message == nil, "byte \(index)")
        }
    }

    @Test func anythingMayComeOffTheWire() {
        var random = SplitMix64(8)
        for round in 0..<20_000 {
            var bytes = round.isMultiple(of: 2) ? Vector.longTerm : Vector.responseV6
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...8, using: &random))
            if let message = try? STUNMessage(decoding: bytes) {
                _ = message.encoded(key: [1], hashing: .test)
            }
        }
    }

    @Test func whatFollowsTheIntegrityIsNotBelieved() throws {
        let message = STUNMessage(.request, STUNTransactionID(high: 1, low: 2), [.username("a:b")])
        var bytes = message.encoded(key: [1, 2], hashing: .test, fingerprint: false)
        bytes += [0, 0x25, 0, 0]
        bytes[3] += 4
        let read = try STUNMessage(decoding: bytes)
        #expect(read.attributes == [.username("a:b")])
        #expect(read.isAuthentic(key: [1, 2], hashing: .test))
    }

    @Test func otherProtocolsOnThePortAreToldApart() {
        #expect(!STUNMessage.looksLikeSTUN([22, 254, 253] + Array(repeating: 0, count: 30)))
        #expect(!STUNMessage.looksLikeSTUN([128, 111] + Array(repeating: 0, count: 30)))
        #expect(!STUNMessage.looksLikeSTUN(Array(Vector.request.prefix(19))))
        #expect(!STUNMessage.looksLikeSTUN([]))
        var rfc3489 = Vector.request
        rfc3489[4] = 0
        #expect(!STUNMessage.looksLikeSTUN(rfc3489))
    }

    private func randomMessage(_ random: inout SplitMix64) -> STUNMessage {
        func address(_ random: inout SplitMix64) -> SocketAddress {
            let ip: IPAddress =
                Bool.random(using: &random)
                ? .v4(UInt32.random(in: 0 ... .max, using: &random)) : .v6(high: random.next(), low: random.next())
            return SocketAddress(ip, UInt16.random(in: 0 ... .max, using: &random))
        }
        func text(_ random: inout SplitMix64) -> String {
            String(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in "aäß漢:x".randomElement(using: &random) ?? "a" })
        }
        let attributes = (0..<Int.random(in: 0...8, using: &random)).map { _ -> STUNAttribute in
            switch Int.random(in: 0...12, using: &random) {
            case 0: .mappedAddress(address(&random))
            case 1: .xorMappedAddress(address(&random))
            case 2: .username(text(&random))
            case 3: .realm(text(&random))
            case 4: .nonce(text(&random))
            case 5: .software(text(&random))
            case 6: .errorCode(Int.random(in: 300...699, using: &random), reason: text(&random))
            case 7: .unknownAttributes((0..<3).map { _ in UInt16.random(in: 0 ... .max, using: &random) })
            case 8: .priority(UInt32.random(in: 0 ... .max, using: &random))
            case 9: .useCandidate
            case 10: .iceControlled(random.next())
            case 11: .iceControlling(random.next())
            default: .other(type: 0xc057, value: Array(text(&random).utf8))
            }
        }
        return STUNMessage(
            STUNMessage.MessageClass.allCases.randomElement(using: &random) ?? .request,
            method: UInt16.random(in: 0...0xfff, using: &random),
            STUNTransactionID(high: UInt32(truncatingIfNeeded: random.next()), low: random.next()), attributes)
    }
}
