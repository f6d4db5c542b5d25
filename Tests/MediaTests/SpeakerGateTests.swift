import Primitives
import Testing

@testable import Media

@Suite struct SpeakerGateTests {
    private func awake(_ gate: inout SpeakerGate, _ hint: VoiceHint, level: Float, ticks: Int) -> Int? {
        for tick in 0..<ticks {
            _ = gate.notice(hint)
            if gate.measure(level) { return tick + 1 }
        }
        return nil
    }

    @Test func aLevelWakesWithOrWithoutTheClientsOpinion() {
        for (level, isVoice, wakes) in [
            (Float(-20), false, true), (-48, false, true), (-60, true, true), (-75, true, false), (-70, false, false),
            (-127, true, false),
        ] {
            var gate = SpeakerGate()
            for _ in 0..<50 { _ = gate.notice(.level(-68, isVoice: false)) }
            #expect(gate.notice(.level(level, isVoice: isVoice)) == (wakes ? .wake : .nothing), "\(level)")
        }
    }

    @Test func theSoftSpokenStandOutOfTheirOwnSilence() {
        var gate = SpeakerGate()
        for _ in 0..<200 { #expect(gate.notice(.level(-85, isVoice: false)) == .nothing) }
        #expect(gate.notice(.level(-60, isVoice: false)) == .wake)
    }

    @Test func whoWasHeardSleepsAfterFourHundredMilliseconds() {
        var gate = SpeakerGate()
        gate.wake()
        #expect(awake(&gate, .energy(-20), level: -20, ticks: 50) == nil)
        #expect(awake(&gate, .energy(-90), level: -90, ticks: 50) == 20)
    }

    @Test func whoWasWokenForNothingSleepsSooner() {
        var gate = SpeakerGate()
        gate.wake()
        #expect(awake(&gate, .activity(false, octets: 20), level: -90, ticks: 50) == 6)
    }

    @Test func aToneThatSilkDoesNotTakeForVoiceKeepsAwake() {
        var gate = SpeakerGate()
        gate.wake()
        #expect(awake(&gate, .activity(false, octets: 40), level: -30, ticks: 2000) == nil)
    }

    @Test func hintsOfVoiceKeepAwakeWhatIsQuiet() {
        var gate = SpeakerGate()
        gate.wake()
        #expect(awake(&gate, .activity(true, octets: 40), level: -70, ticks: 500) == nil)
    }

    @Test func noiseOfALineIsLearntAndNotTakenForVoice() {
        var gate = SpeakerGate()
        gate.wake()
        // It takes a while to be sure of it.
        #expect((50...400).contains(awake(&gate, .energy(-50), level: -50, ticks: 1000) ?? 0))
        gate.sleep()
        #expect(gate.notice(.energy(-50)) == .nothing)
        #expect(gate.notice(.energy(-38)) == .wake)
    }

    @Test func constantSizeSaysNothingSoNobodySleeps() {
        var gate = SpeakerGate()
        #expect(gate.notice(.octets(80)) == .wake)
        gate.wake()
        #expect(awake(&gate, .octets(80), level: -20, ticks: 100) == nil)
        #expect(awake(&gate, .octets(80), level: -90, ticks: 150) == nil)
    }

    @Test func whereSilenceIsSmallSizeWakes() {
        var gate = SpeakerGate()
        gate.wake()
        #expect(awake(&gate, .octets(80), level: -20, ticks: 100) == nil)
        #expect(awake(&gate, .octets(8), level: -90, ticks: 100) == 20)
        gate.sleep()
        #expect(gate.notice(.octets(9)) == .nothing)
        #expect(gate.notice(.octets(60)) == .wake)
    }

    @Test func doubtfulSilenceIsLookedAt() {
        var gate = SpeakerGate()
        // At first at once, then ever less often.
        #expect(gate.notice(.activity(false, octets: 30)) == .probe)
        var probes = 0
        for _ in 0..<500 {
            if gate.notice(.activity(false, octets: 30)) == .probe { probes += 1 }
        }
        #expect((3...8).contains(probes))
        #expect(gate.notice(.activity(false, octets: 70)) == .wake)
        #expect(gate.notice(.activity(true, octets: 30)) == .wake)
        // Sure silence is not.
        var sure = SpeakerGate()
        for _ in 0..<500 { #expect(sure.notice(.pause) == .nothing) }
    }
}
