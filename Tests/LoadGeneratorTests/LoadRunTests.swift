import Foundation
import Primitives
import Synchronization
import Testing

@testable import LoadGenerator

/// A whole run, against an echo on this machine.
struct LoadRunTests {
    private final class Flag: Sendable { let isSet = Atomic(false) }

    @Test func aRunAgainstAnEchoLosesNothingAndTellsAll() throws {
        let echo = try Echo(ports: 4, participants: 8, processor: nil)
        let path = "/tmp/confab-load-test-\(getpid()).jsonl"
        let file = try #require(fopen(path, "w"))
        fputs(echo.endpoints.joined(separator: "\n") + "\n", file)
        fclose(file)
        let done = Flag()
        Thread.detachNewThread {
            echo.run(isStopped: { done.isSet.load(ordering: .relaxed) }, tell: { _ in })
        }
        defer {
            done.isSet.store(true, ordering: .relaxed)
            unlink(path)
        }

        var options = LoadOptions(.rtp(endpoints: path, announce: false))
        options.participants = 8
        options.codec = .pcmu
        options.ramp = 0
        options.sharedBy = 4
        options.warmUp = .milliseconds(200)
        options.duration = .milliseconds(1000)
        options.recordings = [.init(participant: 0, path: path + ".wav")]
        options.marker = true
        let report = try LoadRun(options, progress: nil).run()
        defer { unlink(path + ".wav") }

        let json = try #require(JSONValue(parsing: report.json.description))
        #expect(json["participants"]?["joined"]?.number == 8)
        #expect(json["loss"]?["packets"]?.number == 0)
        let sent = try #require(json["sent"]?["packets"]?.number)
        let received = try #require(json["received"]?["packets"]?.number)
        #expect((300...500).contains(sent))
        #expect(abs(received - sent) < 40)
        #expect(json["received"]?["from-unknown"]?.number == 0)
        for name in ["gaps", "jitter-ms", "delay-ms", "audible", "signalling-ms", "generator"] {
            #expect(json[name] != nil, "\(name)")
        }
        #expect(json["signalling-ms"]?["media"]?["count"]?.number == 8)
        #expect(json["signalling-ms"]?["media"]?["by-joins"]?.list?.count == 1)
        #expect(report.text.contains("8 of 8 joined"))
        // Participant 0 hears itself: the marker among its own speech.
        let heard = try WAVFile(reading: path + ".wav")
        #expect(heard.rate == 8000)
        #expect(heard.samples.count > 7000)
        #expect(heard.samples.contains { abs(Int($0)) > 7000 })
    }

    @Test func aRunWithoutEndpointsIsRefused() throws {
        var options = LoadOptions(.rtp(endpoints: "/dev/null", announce: false))
        options.participants = 1
        options.codec = .pcmu
        options.ramp = 0
        options.duration = .milliseconds(10)
        options.warmUp = .zero
        #expect(throws: LoadError.self) { try LoadRun(options, progress: nil).run() }
    }
}
