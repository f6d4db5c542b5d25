import Testing

@testable import Media

@Suite struct FadeTests {
    private func faded(_ fade: (UnsafeMutablePointer<Int16>) -> Void, _ level: Int16 = 10000) -> [Int16] {
        let buffer = SampleBuffer(count: 960)
        buffer.samples.update(repeating: level, count: 960)
        fade(buffer.samples)
        return Array(UnsafeBufferPointer(start: buffer.samples, count: 960))
    }

    @Test func enteringTakesFiveMillisecondsAndLeavesTheRestToTheBit() {
        let frame = faded(Fade.enter)
        #expect(frame[0] <= 1)
        #expect(abs(Int(frame[120]) - 5000) < 50)
        #expect(zip(frame, frame.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(frame[240...].allSatisfy { $0 == 10000 })
    }

    @Test func leavingTakesTheWholeFrameDownToNothing() {
        let frame = faded(Fade.leave)
        #expect(frame[0] == 10000)
        #expect(abs(Int(frame[480]) - 5000) < 50)
        #expect(zip(frame, frame.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(frame[959] == 0)
    }

    @Test func noSampleJumpsFurtherThanTheCurveIsSteep() {
        // Half a raised cosine of n samples is nowhere steeper than π/2n.
        for (frame, count) in [(faded(Fade.enter, 32767), 240.0), (faded(Fade.leave, -32768), 960)] {
            let steepest = zip(frame, frame.dropFirst()).map { abs(Int($0) - Int($1)) }.max() ?? 0
            #expect(Double(steepest) <= 32768 * 1.5708 / count + 2)
        }
    }

    @Test func whoLeavesAndEntersAtOnceKeepsTheSumWithinTheLouder() {
        let sums = zip(faded(Fade.enter), faded(Fade.leave)).map { Int($0) + Int($1) }
        #expect(sums.allSatisfy { (9_900...20_000).contains($0) })
    }
}
