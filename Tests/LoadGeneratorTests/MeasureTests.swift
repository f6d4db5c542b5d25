import Primitives
import Testing

@testable import LoadGenerator

/// The tools that numbers pass through.
struct MeasureTests {
    @Test func percentilesAreOfTheNearestRank() {
        let numbers = Distribution((1...100).map(Double.init).shuffled())
        #expect(numbers.median == 50)
        #expect(numbers.percentile(0.99) == 99)
        #expect(numbers.percentile(0.01) == 1)
        #expect(numbers.minimum == 1 && numbers.maximum == 100 && numbers.mean == 50.5)
        #expect(Distribution([]).percentile(0.5) == 0)
    }

    @Test func aHistogramTellsWithinAStep() {
        var histogram = Histogram()
        for value in 1...1000 { histogram.add(Int64(value) * 100_000) }
        #expect(abs(histogram.percentile(0.5) - 50_000_000) <= 50_000)
        #expect(abs(histogram.percentile(0.99) - 99_000_000) <= 50_000)
        #expect(histogram.maximum == 100_000_000)
        histogram.add(900_000_000)
        #expect(histogram.percentile(1) == 900_000_000)
    }

    @Test func anAddressIsFoundByItsSocketToo() {
        var map = AddressMap(capacity: 6000)
        for port in 0..<250 {
            for socket in 0..<20 {
                map.insert(AddressMap.key(0x7f00_0001, UInt16(port + 1), socket: socket), Int32(socket * 250 + port))
            }
        }
        for port in 0..<250 {
            for socket in 0..<20 {
                #expect(
                    map[AddressMap.key(0x7f00_0001, UInt16(port + 1), socket: socket)] == Int32(socket * 250 + port))
            }
        }
        #expect(map[AddressMap.key(0x7f00_0001, 251, socket: 0)] == nil)
        #expect(map[AddressMap.key(0x7f00_0002, 1, socket: 0)] == nil)
    }

    @Test func mistakesInTheOptionsAreTold() {
        var options = LoadOptions(.sip(target: "sip:demo@127.0.0.1", overTCP: false))
        #expect(options.mistake == nil)
        options.roomSize = 5
        options.participants = 11
        #expect(options.rooms == 3)
        #expect(options.mistake != nil)
        options.scenario = .sip(target: "sip:demo%d@127.0.0.1", overTCP: false)
        #expect(options.mistake == nil)
        options.loss = 1.5
        #expect(options.mistake != nil)
        options.loss = 0
        options.recordings = [.init(participant: 11, path: "x")]
        #expect(options.mistake != nil)
        #expect(SIPCaller.address("demo%d@127.0.0.1", room: 2) == "sip:demo3@127.0.0.1")
    }

    @Test func callsAcrossAGatewayComeInPairs() {
        var options = LoadOptions(.gateway(target: "sip:callee@127.0.0.1", password: Redacted("x")))
        options.calleeCodec = .pcmu
        #expect(options.mistake == nil)
        #expect((0..<4).map { options.codec(of: $0) } == [.opus, .pcmu, .opus, .pcmu])
        options.participants = 11
        #expect(options.mistake != nil)
        options.participants = 10
        options.security = .sdes
        #expect(options.mistake != nil)
        options.security = .plain
        options.scenario = .rtp(endpoints: "-", announce: false)
        #expect(options.mistake != nil)
    }

    @Test func listenersAreSpreadOverTheMarkersRoom() {
        var options = LoadOptions(.rtp(endpoints: "-", announce: false))
        options.participants = 100
        options.marker = true
        #expect(options.markerListening == [1, 34, 67])
        options.roomSize = 2
        #expect(options.markerListening == [1])
        options.marker = false
        #expect(options.markerListening.isEmpty)
    }
}
