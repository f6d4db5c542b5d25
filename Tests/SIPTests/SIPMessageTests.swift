import Primitives
import Testing

@testable import SIP

@Suite struct SIPMessageTests {
    @Test(arguments: [
        ("de;q=0.5, en-GB, fr;q=0.9", ["en-GB", "fr", "de"]), ("*, en;q=0, x y, i<b>", []), ("", []),
        ("de-DE-1996, verylonglanguage", ["de-DE-1996"]),
    ])
    func languagesComeTheBestFirst(header: String, tags: [String]) throws {
        let url = try #require(SIPURI("sip:a@b"))
        var message = SIPMessage(.invite, url, from: NameAddress(url), to: NameAddress(url), callID: "1", sequence: 1)
        message.set("Accept-Language", header)
        #expect(message.acceptLanguages == tags)
    }

    @Test func aRequestIsReadIntoValues() throws {
        let message = try SIPMessage(parsing: Samples.invite)
        #expect(message.method == .invite)
        #expect(message.requestURI?.user == "demo")
        #expect(message.requestURI?.port == 5060)
        #expect(message.requestURI?.gr == "A b")
        #expect(message.vias.count == 2)
        #expect(message.vias[0].branch == "z9hG4bKabc")
        #expect(message.vias[0].parameters.contains("rport"))
        #expect(message.vias[1].transport == "TCP")
        #expect(message.vias[1].sentBy == "phone.example.org:5060")
        #expect(message.maxForwards == 70)
        #expect(message.from.displayName == "Al \"ice\"")
        #expect(message.from.tag == "1928301774")
        #expect(message.to.tag == nil)
        #expect(message.callID == "a84b4c76e66710@pc33@example.org")
        #expect(message.cseq == CSeq(314159, .invite))
        #expect(message.contacts.first?.uri.transport == "udp")
        #expect(message.contacts.first?.parameters["expires"] == "60")
        #expect(message.contacts.first?.parameters["+SIP.instance"] == "\"<urn:uuid:1;2>\"")
        #expect(message.recordRoutes.map(\.uri.host) == ["p1.example.org", "p2.example.org"])
        let areLoose = message.recordRoutes.allSatisfy { $0.uri.isLooseRouter }
        #expect(areLoose)
        #expect(message.allow == [.invite, .ack, .message])
        #expect(message.accept == ["application/sdp", "text/plain"])
        #expect(message.supported == ["timer", "100rel"])
        #expect(message.require == [])
        #expect(message.header("subject") == "one two")
        #expect(message.header("X-Empty") == "")
        #expect(message.mediaType == "application/sdp")
        #expect(message.body == Array("v=0\r\n".utf8))
    }

    @Test func aSubscribeIsReadWithIPv6AndWithoutBrackets() throws {
        let message = try SIPMessage(parsing: Samples.subscribe)
        #expect(message.requestURI?.host == "::1")
        #expect(message.requestURI?.hostPort == "[::1]:5060")
        #expect(message.requestURI?.transport == "tcp")
        #expect(message.vias.first?.host == "2001:db8::1")
        #expect(message.vias.first?.port == 5060)
        #expect(message.from.uri.user == "bob")
        #expect(message.from.tag == "77")
        #expect(message.to.displayName == "Demo Room")
        #expect(message.event?.value == "conference")
        #expect(message.event?.parameters["id"] == "7")
        #expect(message.expires == 600)
    }

    @Test func aResponseIsRead() throws {
        let message = try SIPMessage(parsing: Samples.ringing)
        #expect(message.status == 180)
        #expect(message.reasonPhrase == "Ringing all day")
        #expect(message.from.uri.scheme == "tel")
        #expect(message.from.uri.opaque == "+4930123456;phone-context=example.org")
        #expect(message.contacts.isEmpty)
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        for sample in Samples.all {
            let message = try SIPMessage(parsing: sample)
            let again = try SIPMessage(parsing: message.bytes)
            #expect(again == message)
        }
    }

    @Test func nothingInAValueStartsAnotherHeader() throws {
        var message = try SIPMessage(parsing: Samples.subscribe)
        message.from.displayName = "x\r\nEvil: 1"
        message.set("Subject", "a\r\n\r\nbody\0")
        let read = try SIPMessage(parsing: message.bytes)
        #expect(read.header("Evil") == nil)
        #expect(read.body.isEmpty)
    }

    @Test func aResponseCopiesWhatItMust() throws {
        let request = try SIPMessage(parsing: Samples.invite)
        let trying = request.response(100, tag: "x")
        #expect(trying.to.tag == nil)
        #expect(trying.recordRoutes.isEmpty)
        let ok = request.response(200, tag: "x")
        #expect(ok.to.tag == "x")
        #expect(ok.vias == request.vias)
        #expect(ok.recordRoutes == request.recordRoutes)
        #expect(ok.cseq == request.cseq)
    }

    @Test(arguments: [
        ("CSeq: 314159 INVITE", "CSeq: x INVITE", "CSeq"),
        ("CSeq: 314159 INVITE", "CSeq: 314159 BYE", "CSeq"),
        ("CSeq: 314159 INVITE", "CSeq: 4294967295 INVITE", "CSeq"),
        ("Max-Forwards: 70", "Max-Forwards: -1", "Max-Forwards"),
        ("l: 5", "l: 5000", "Body"),
        ("l: 5", "l: 5\r\nContent-Length: 6", "Content-Length"),
        ("l: 5", "l: 99999999999999999999", "Content-Length"),
        ("sip:d%65mo@127.0.0.1:5060", "sip:d%00mo@127.0.0.1:5060", ""),
        ("sip:d%65mo@127.0.0.1:5060", "sip:demo@127.0.0.1:99999", ""),
        ("Subject: one", "a line that has no sense", "colon"),
        ("Subject: one", "Subject: \0", "NUL"),
    ])
    func aBrokenRequestThatSaysEnoughIsAnswered(from: String, to: String, word: String) throws {
        let text = String(decoding: Samples.invite, as: UTF8.self).replacing(from, with: to)
        let request = try #require(malformed(text))
        #expect(request.status == 400)
        #expect(request.reason.contains(word))
        let response = String(decoding: request.response(tag: "ours"), as: UTF8.self)
        #expect(response.hasPrefix("SIP/2.0 400 Bad Request - "))
        #expect(response.contains("To: <sip:demo@127.0.0.1>;tag=ours\r\n"))
        #expect(response.contains("Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKabc;rport, SIP"))
        #expect(response.contains("Call-ID: a84b4c76e66710@pc33@example.org\r\n"))
    }

    private func malformed(_ text: String) -> MalformedRequest? {
        let read = Result { () throws(SIPParseError) in try SIPMessage(parsing: Array(text.utf8)) }
        guard case .failure(.malformed(let request)) = read else { return nil }
        return request
    }

    @Test func anotherVersionIsToldSo() {
        let text = String(decoding: Samples.invite, as: UTF8.self).replacing(" SIP/2.0\r\n", with: " SIP/7.0\r\n")
        #expect(malformed(text)?.status == 505)
    }

    @Test func whatIsNoSIPIsToBeMetWithSilence() {
        let stun: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + Array(repeating: 7, count: 12)
        let ack = String(decoding: Samples.invite, as: UTF8.self)
            .replacing("INVITE", with: "ACK").replacing("l: 5", with: "l: 500")
        for bytes in [stun, [], [0], Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), Array(ack.utf8)] {
            #expect {
                _ = try SIPMessage(parsing: bytes)
            } throws: { error in
                if case .notSIP = error as? SIPParseError { true } else { false }
            }
        }
    }

    @Test func everyTruncationIsReadOrRefused() {
        for sample in Samples.all {
            for length in 0..<sample.count { _ = try? SIPMessage(parsing: Array(sample[..<length])) }
        }
    }

    @Test func randomMutationsNeverTrap() {
        var generator = SplitMix64(1)
        for _ in 0..<4000 {
            guard var bytes = Samples.all.randomElement(using: &generator) else { return }
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(";:,<>\"@\r\n =%[]&?\\".utf8.randomElement(using: &generator) ?? 0, at: index)
                default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 20)], at: index)
                }
            }
            if let message = try? SIPMessage(parsing: bytes) {
                _ = try? SIPMessage(parsing: message.bytes)
            }
        }
    }

    @Test func hugeMessagesAreBounded() {
        let head = "INVITE sip:x@y SIP/2.0\r\n"
        let many = head + String(repeating: "Via: SIP/2.0/UDP h\r\n", count: 5000) + "\r\n"
        let commas = head + "Contact: " + String(repeating: "<sip:a>,", count: 3000) + "\r\n\r\n"
        let long = head + "Subject: " + String(repeating: "x", count: 60_000) + "\r\n\r\n"
        for text in [many, commas, long] {
            #expect(throws: SIPParseError.self) { try SIPMessage(parsing: Array(text.utf8)) }
        }
    }

    @Test func aUserOfTenThousandCharactersIsRefusedInWords() {
        let text = String(decoding: Samples.invite, as: UTF8.self)
            .replacing("d%65mo", with: String(repeating: "x", count: 10_000))
        #expect(malformed(text)?.status == 414)
    }
}
