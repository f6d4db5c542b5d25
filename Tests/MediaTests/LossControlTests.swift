import Testing

@testable import Media

@Suite struct LossControlTests {
    /// Reports every 5 s; what was wanted after each.
    private func run(_ fractions: [Double]) -> LossControl {
        var control = LossControl()
        for (index, fraction) in fractions.enumerated() {
            control.report(fractionLost: fraction, at: milliseconds(Int64(index) * 5000))
        }
        return control
    }

    @Test func withoutLossNothingIsDone() {
        let control = run([0, 0.001, 0, 0.004])
        #expect(!control.wantsFEC && !control.wantsLowRate && control.expectedLoss == 0)
    }

    @Test func oneBadReportBringsErrorCorrection() {
        var control = LossControl()
        let first = control.report(fractionLost: 0, at: milliseconds(0))
        let second = control.report(fractionLost: 0.08, at: milliseconds(5000))
        #expect(!first && second)
        #expect(control.wantsFEC && !control.wantsLowRate)
        #expect((2...8).contains(control.expectedLoss))
    }

    @Test func littleLossThatStaysBringsItToo() {
        #expect(run([0, 0.03, 0.03, 0.03, 0.03]).wantsFEC)
        #expect(!run([0, 0.012, 0.012, 0.012, 0.012]).wantsFEC)
    }

    @Test func itDoesNotComeAndGoWithEachReport() {
        #expect(run([0.06] + [Double](repeating: 0, count: 6)).wantsFEC)
        #expect(!run([0.06] + [Double](repeating: 0, count: 20)).wantsFEC)
        // Every fifth report bad: it stays on.
        var control = LossControl()
        var changes = 0
        for index in 0..<100
        where control.report(fractionLost: index.isMultiple(of: 5) ? 0.06 : 0, at: milliseconds(Int64(index) * 5000)) {
            changes += 1
        }
        #expect(changes == 1)
    }

    @Test func heavyLossThatPersistsLowersTheRateAndItComesBack() {
        #expect(!run([0.3]).wantsLowRate)
        let bad = run([Double](repeating: 0.2, count: 6))
        #expect(bad.wantsLowRate && bad.expectedLoss == 20)
        let mended = run([Double](repeating: 0.2, count: 6) + [Double](repeating: 0, count: 24))
        #expect(!mended.wantsLowRate && !mended.wantsFEC && mended.expectedLoss == 0)
    }

    @Test func nonsenseIsNotTaken() {
        #expect(!run([-1, 2, .nan, .infinity]).wantsFEC)
    }
}
