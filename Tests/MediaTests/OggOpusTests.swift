import Testing

@testable import Media

@Suite struct OggOpusTests {
    private func stream(_ packets: Int, perPage: Int = 25) -> [UInt8] {
        guard
            var stream = OggOpusStream(serial: 0xdead_beef, vendor: "Confab", comments: ["TITLE=demo", "DATE=2026"])
        else { return [] }
        for number in 0..<packets {
            let packet = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number * 37 % 600)
            packet.withUnsafeBytes { stream.add($0) }
            if stream.pending >= perPage { stream.flush() }
        }
        stream.end()
        return stream.takePages()
    }

    @Test func theHeadersAreThoseOfTheStandard() throws {
        let pages = OggPage.all(in: stream(3))
        try #require(pages.count == 3)
        let head = pages[0].packets[0]
        #expect(pages[0].flags == 2 && pages[0].granule == 0 && pages[0].packets.count == 1)
        #expect(Array(head[..<8]) == Array("OpusHead".utf8))
        // Version, channels, pre-skip, input rate, gain, mapping family.
        #expect(Array(head[8...]) == [1, 1, 0x00, 0x0f, 0x80, 0xbb, 0, 0, 0, 0, 0])
        let tags = pages[1].packets[0]
        #expect(pages[1].flags == 0 && pages[1].granule == 0 && pages[1].packets.count == 1)
        #expect(
            tags == Array("OpusTags".utf8) + [6, 0, 0, 0] + Array("Confab".utf8) + [2, 0, 0, 0]
                + [10, 0, 0, 0] + Array("TITLE=demo".utf8) + [9, 0, 0, 0] + Array("DATE=2026".utf8))
    }

    @Test func granulesCountAllSamplesAndTheLastPageEndsTheStream() throws {
        let pages = OggPage.all(in: stream(103))
        #expect(pages.map(\.serial).allSatisfy { $0 == 0xdead_beef })
        #expect(pages.map(\.sequence) == Array(0..<UInt32(pages.count)))
        var samples: Int64 = 0
        for page in pages[2...] {
            samples += 960 * Int64(page.packets.count)
            #expect(page.granule == samples)
        }
        // The silence that is skipped, what was given, and the end.
        #expect(samples == Int64(OggOpusStream.preSkip) + 103 * 960 + 960)
        #expect(pages.last?.flags == 4)
        #expect(pages.dropLast().allSatisfy { $0.flags & 4 == 0 })
        #expect(pages[2].packets.prefix(4).allSatisfy { $0 == [0xf8, 0xff, 0xfe] })
    }

    @Test func aFileThatIsCutAnywhereIsGoodUpToItsLastWholePage() {
        let bytes = stream(60, perPage: 10)
        let whole = OggPage.all(in: bytes)
        var ends: [Int] = []
        for length in 0...bytes.count {
            let pages = OggPage.all(in: Array(bytes[..<length]))
            #expect(pages == Array(whole[..<pages.count]))
            if pages.count > ends.count { ends.append(length) }
        }
        #expect(ends.count == whole.count && ends.last == bytes.count)
    }

    @Test func silenceIsSilent() {
        let decoder = OpusDecoder()
        var samples = [Int16](repeating: 1, count: 960)
        let count = OggOpusStream.silence.withUnsafeBytes { decoder.decode($0, into: &samples, capacity: 960) }
        #expect(count == 960 && samples.allSatisfy { $0 == 0 })
    }

    // MARK: Time

    private func pieces(_ ticks: [(UInt64, UInt8?)]) -> [RecordedTime.Piece] {
        var time = RecordedTime()
        var pieces: [RecordedTime.Piece] = []
        for (tick, first) in ticks { time.take(tick, first) { pieces.append($0) } }
        #expect(time.count == UInt64(pieces.count))
        return pieces
    }

    @Test func aMomentWithoutPacketsIsMadeUpAndMoreIsSilence() {
        #expect(
            pieces([(100, 0x7b), (101, nil), (106, 0x78)]) == [
                .packet, .concealment(0x78), .concealment(0x78), .concealment(0x78), .silence, .silence, .packet,
            ])
    }

    @Test func aRecordingThatBeginsInSilenceIsSilent() {
        #expect(pieces([(7, nil), (8, nil), (9, 1)]) == [.silence, .silence, .packet])
    }

    @Test func ticksThatWereMadeAlreadyAreNotMadeAgain() {
        #expect(pieces([(7, 1), (7, 1), (6, 1), (8, 1)]) == [.packet, .packet])
    }

    @Test func aMachineThatSleptDoesNotFillTheDisk() {
        #expect(pieces([(0, 1), (1 << 40, 1)]).count == Int(RecordedTime.longest) + 2)
    }

    // MARK: The tape

    @Test func aTapeGivesWhatItWasGivenAndLosesWhatDoesNotFit() {
        let tape = MixTape()
        for tick in 0..<600 {
            let packet = [UInt8](repeating: UInt8(tick % 251), count: tick % 1275)
            packet.withUnsafeBytes { tape.push(UInt64(tick), $0) }
        }
        #expect(tape.missedTicks == 600 - 512)
        var next = 0
        while tape.take({ tick, packet in
            #expect(Int(tick) == next && packet.count == next % 1275)
            #expect(packet.allSatisfy { Int($0) == next % 251 })
            next += 1
        }) {}
        #expect(next == 512 && !tape.isEnded)
        tape.end()
        #expect(tape.isEnded)
    }
}
