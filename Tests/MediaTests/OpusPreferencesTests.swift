import Primitives
import Testing

@testable import Media

@Suite struct OpusPreferencesTests {
    private func preferences(_ parameters: KeyValuePairs<String, String>) -> OpusPreferences {
        var preferences = OpusPreferences()
        for (name, value) in parameters { preferences.set(name, value) }
        return preferences
    }

    private func profile(_ parameters: KeyValuePairs<String, String>, lossy: Bool = false) -> OpusProfile {
        var loss = LossControl()
        if lossy { loss.report(fractionLost: 0.06, at: milliseconds(0)) }
        return OpusProfile(preferences(parameters), loss, rate: 32000)
    }

    @Test func whatABrowserSaysMakesTheStandardProfile() {
        #expect(profile(["minptime": "10", "useinbandfec": "1"]) == .standard)
        #expect(profile([:]) == .standard)
    }

    @Test func errorCorrectionNeedsThePeersWordAndLoss() {
        #expect(profile(["useinbandfec": "1"], lossy: true).fec)
        #expect(!profile(["useinbandfec": "0"], lossy: true).fec)
        #expect(!profile([:], lossy: true).fec)
        #expect(!profile(["useinbandfec": "1"]).fec)
    }

    @Test func thePlaybackRateBoundsTheBand() {
        #expect(profile(["maxplaybackrate": "48000"]).tier == .full)
        #expect(profile(["maxplaybackrate": "16000"]).tier == .wide)
        #expect(profile(["maxplaybackrate": "8000"]).tier == .narrow)
        #expect(profile(["MaxPlaybackRate": "8000"]).tier == .narrow)
        #expect(profile(["maxplaybackrate": "77"]).tier == .full)
        #expect(profile(["maxplaybackrate": "x"]).tier == .full)
    }

    @Test func nobodyIsSentMoreThanTheBitRateSaid() {
        for bound in stride(from: 6000, through: 64000, by: 500) {
            for lossy in [false, true] {
                let one = profile(["maxaveragebitrate": String(bound), "useinbandfec": "1"], lossy: lossy)
                #expect(one.bitRate(32000) <= bound)
            }
        }
        #expect(profile(["maxaveragebitrate": "20000"]).tier == .wide)
        #expect(profile(["maxaveragebitrate": "12000"]).tier == .narrow)
        #expect(!profile(["maxaveragebitrate": "12000"]).isLeast)
        for bound in ["6000", "11999"] {
            #expect(profile(["maxaveragebitrate": bound, "useinbandfec": "1"], lossy: true).isLeast)
        }
        // Below what Opus can, and above, it is as if nothing had been said (RFC 7587 section 6.1).
        for bound in ["5999", "510001", "0", "-1", "x", "99999999999999999999"] {
            #expect(profile(["maxaveragebitrate": bound]) == .standard)
        }
    }

    @Test func wishesThatChangeNothingAreNotKept() {
        #expect(preferences(["usedtx": "1", "stereo": "1", "sprop-stereo": "1", "ptime": "60"]) == OpusPreferences())
    }

    @Test func everyClassHasAnIndexOfItsOwn() {
        var seen = Set<Int>()
        for codec in AudioCodec.allCases {
            for ticks in 1...3 {
                for tier in OpusProfile.Tier.allCases {
                    for bits in 0..<4 {
                        var profile = OpusProfile()
                        profile.tier = tier
                        profile.fec = bits & 1 != 0
                        profile.isConstant = bits & 2 != 0
                        let kind = AudioEncoder.Class(codec: codec, ticksPerPacket: ticks, opus: profile)
                        #expect((0..<AudioEncoder.Class.bound).contains(kind.index))
                        if codec == .opus { #expect(seen.insert(kind.index).inserted) }
                        guard tier == .narrow, codec == .opus else { continue }
                        profile.isLeast = true
                        let least = AudioEncoder.Class(codec: codec, ticksPerPacket: ticks, opus: profile)
                        #expect(seen.insert(least.index).inserted)
                    }
                }
                if codec != .opus {
                    #expect(seen.insert(AudioEncoder.Class(codec: codec, ticksPerPacket: ticks).index).inserted)
                }
            }
        }
        #expect(seen.count == AudioEncoder.Class.bound)
        #expect(AudioEncoder.Class.bound <= 80)
    }

    @Test func packetsKeepToTheirProfile() throws {
        let speech = Speech.samples(0, seconds: 4)
        for (tier, isLeast) in OpusProfile.Tier.allCases.map({ ($0, false) }) + [(.narrow, true)] {
            for isConstant in [false, true] {
                var profile = OpusProfile()
                profile.tier = tier
                profile.isLeast = isLeast
                profile.isConstant = isConstant
                var encoder = AudioEncoder(.init(codec: .opus, ticksPerPacket: 1, opus: profile), MixConfiguration())
                let memory = Memory()
                var sizes: [Int] = []
                for tick in 0..<200 {
                    let length = encoder.encode(
                        Array(speech[tick * 960..<tick * 960 + 960]), tick: UInt64(tick), into: memory.bytes)
                    sizes.append(length)
                    let packet = try #require(OpusPacket(UnsafeRawBufferPointer(rebasing: memory.bytes[..<length])))
                    #expect(packet.samples == 960 && !packet.isStereo && !packet.isDTX)
                    #expect(packet.bandwidth <= (tier == .full ? 20000 : tier == .narrow ? 4000 : 8000))
                }
                let rate = sizes.reduce(0, +) * 8 / 4
                #expect(rate < profile.bitRate(32000) * 11 / 10, "\(tier): \(rate)")
                #expect(rate > profile.bitRate(32000) / 2, "\(tier): \(rate)")
                if isConstant { #expect(Set(sizes).count == 1) }
            }
        }
    }
}
