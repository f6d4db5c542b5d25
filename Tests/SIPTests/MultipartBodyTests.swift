import Primitives
import Testing

@testable import SIP

@Suite struct MultipartBodyTests {
    private let type = ParameterizedValue(parsing: "multipart/mixed; boundary=\"a b\"")
    private let sample =
        "preamble\r\n--a b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--a b \r\n\r\nplain\r\n--a bc\r\n--a b--\r\nend"

    @Test func partsAreReadBetweenTheBoundaries() throws {
        let body = try #require(MultipartBody(Array(sample.utf8), type: type))
        #expect(body.parts.map(\.mediaType) == ["application/sdp", "text/plain"])
        #expect(body.parts.map(\.body) == ["v=0\r\n", "plain\r\n--a bc"].map { Array($0.utf8) })
        #expect(body.parts.allSatisfy { !$0.isRequired })
    }

    @Test func withoutABoundaryOrPartThereIsNone() {
        #expect(MultipartBody(Array(sample.utf8), type: ParameterizedValue(parsing: "multipart/mixed")) == nil)
        #expect(MultipartBody(Array("--a b--".utf8), type: type) == nil)
        #expect(MultipartBody([], type: type) == nil)
    }

    @Test func truncationsAndMutationsNeverTrap() {
        var generator = SplitMix64(7)
        let sample = Array(sample.utf8)
        for length in 0...sample.count { _ = MultipartBody(Array(sample[..<length]), type: type) }
        for _ in 0..<2000 {
            var bytes = sample
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = MultipartBody(bytes, type: type)
        }
    }
}
