import MediaDescription
import Testing

/// Offers and answers that follow what the other leg of a call has.
@Suite struct PreferenceTests {
    private let pcma = Codec(payloadType: 8, name: "pcma", clockRate: 8000)
    private let g722 = Codec(payloadType: 9, name: "G722", clockRate: 8000)
    private let g729 = Codec(payloadType: 18, name: "G729", clockRate: 8000)

    private func opus(_ parameters: [Parameter]) -> Codec {
        Codec(payloadType: 107, name: "OPUS", clockRate: 48_000, channels: 2, parameters: parameters)
    }

    private func names(_ codecs: [Codec]) -> [String] { codecs.map { $0.name.lowercased() } }

    @Test func whatTheOtherLegHasIsOfferedFirstAndTheRestAfterIt() {
        let offer = Negotiation.offer(
            Capabilities.standard.preferring([g729, pcma, g722]), local: .plain, origin: nil)
        let codecs = offer.contents[0].codecs
        #expect(names(codecs.filter(\.isSound)) == ["pcma", "g722", "opus", "pcmu"])
        #expect(Set(codecs) == Set(Capabilities.standard.codecs))
        #expect(codecs.first?.payloadType == 8)
        #expect(Capabilities.standard.preferring([]) == .standard)
        #expect(Capabilities.standard.preferring([g729]) == .standard)
        #expect(names(Capabilities.standard.preferring([pcma, pcma]).codecs).count { $0 == "pcma" } == 1)
    }

    @Test func whatTheOtherLegWantsOfOpusIsAskedFor() throws {
        let wishes = opus([
            Parameter("maxplaybackrate", "16000"), Parameter("STEREO", "1"), Parameter("useinbandfec", "0"),
            Parameter("sprop-stereo", "1"), Parameter("maxaveragebitrate", "20000\r\na=evil"), Parameter("cbr", "1"),
            Parameter("cbr", "0"), Parameter("minptime", "40"),
        ])
        let first = try #require(Capabilities.standard.preferring([wishes]).codecs.first)
        #expect(first.payloadType == 111)
        #expect(
            first.parameters == [
                Parameter("minptime", "10"), Parameter("useinbandfec", "1"), Parameter("maxplaybackrate", "16000"),
                Parameter("stereo", "1"), Parameter("cbr", "1"), Parameter("cbr", "0"),
            ])
    }

    @Test func anAnswerBeginsWithWhatTheOtherLegTook() throws {
        let offer = try SDP.parse(Offers.baresip).preferring([pcma])
        let (answer, agreed) = try Negotiation.answer(
            to: offer, Capabilities.standard.preferring([pcma]), local: .plain, origin: nil)
        #expect(agreed.sendCodec.name == "PCMA")
        #expect(names(answer.contents[0].codecs.filter(\.isSound)) == ["pcma", "opus", "g722", "pcmu"])
        #expect(answer.contents[0].codecs.first?.payloadType == 8)
        // What was not offered changes nothing.
        let same = try SDP.parse(Offers.baresip)
        #expect(same.preferring([g729]) == same)
        #expect(same.preferring([]) == same)
        #expect(names(same.soundCodecs) == ["opus", "g7221", "g722", "pcmu", "pcma"])
    }
}
