import Primitives
import Testing

@testable import ICE

@Suite struct TURNFramingTests {
    private let stun = STUNMessage(.request, STUNTransactionID(high: 1, low: 2)).encoded(key: nil, hashing: .test)

    @Test func channelDataIsReadBackAsWritten() {
        for count in [0, 1, 2, 3, 4, 1200] {
            let data = ChannelData(channel: 0x4fff, payload: Array(repeating: 7, count: count))
            #expect(ChannelData(decoding: data.encoded) == data)
            #expect(ChannelData(decoding: data.encoded + [0, 0]) == data)
            #expect(ChannelData(decoding: data.encoded.dropLast()) == nil)
        }
        #expect(ChannelData(decoding: [0x50, 0, 0, 0]) == nil)
        #expect(ChannelData(decoding: stun) == nil)
    }

    @Test(arguments: [1, 2, 3, 7, 64, 5000]) func aStreamIsCutIntoItsMessages(_ piece: Int) throws {
        var framer = TURNStreamFramer()
        let messages =
            [stun]
            + (0..<9).map { ChannelData(channel: 0x4000 + UInt16($0), payload: Array(repeating: 1, count: $0)).encoded }
            + [stun]
        let stream = messages.flatMap(TURNStreamFramer.framed)
        #expect(stream.count.isMultiple(of: 4))
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            found += try framer.receive(stream[start..<min(start + piece, stream.count)])
        }
        #expect(found == messages)
        #expect(framer.pending == 0)
    }

    @Test func nonsenseInAStreamIsSeen() {
        for first: UInt8 in [0x04, 0x16, 0x3f, 0x50, 0x80, 0xff] {
            var framer = TURNStreamFramer()
            #expect(throws: TURNStreamFramer.Nonsense.self) { _ = try framer.receive([first, 0, 0, 0]) }
        }
    }

    @Test func timeLimitedCredentialsAreWhatCoturnExpects() {
        let credentials = TURNCredentials.timeLimited(
            Redacted("north"), name: "confab", until: 1_700_000_000, hashing: .test)
        #expect(credentials.username == "1700000000:confab")
        // printf %s 1700000000:confab | openssl dgst -sha1 -hmac north -binary | base64
        #expect(credentials.password.secret == "HDXy0xUTQof2E2NQCRDtk62KfTc=")
    }
}
