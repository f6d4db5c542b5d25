import Primitives
import Testing

@testable import MediaEngine

@Suite struct AddressTableTests {
    private func address(_ number: Int) -> SocketAddress {
        let ip: IPAddress =
            number.isMultiple(of: 2)
            ? .v4(0x0a00_0000 | UInt32(number)) : .v6(high: 0x2001_0db8 << 32, low: UInt64(number))
        return SocketAddress(ip, UInt16(10_000 + number % 5000))
    }

    @Test func whatWasSetIsFoundAndNothingElse() {
        var table = AddressTable()
        for number in 0..<5000 { table.set(address(number), Int32(number)) }
        let (count, known) = (table.count, (0..<5000).allSatisfy { table[address($0)] == Int32($0) })
        #expect(count == 5000)
        #expect(known)
        let strangers = [table[SocketAddress(.loopback4, 1)], table[SocketAddress(address(2).ip, 1)]]
        #expect(strangers == [nil, nil])
    }

    @Test func whatIsRemovedStaysRemovedAndItsPlaceIsUsedAgain() {
        var table = AddressTable()
        for round in 0..<200 {
            for number in 0..<40 { table.set(address(round * 40 + number), Int32(number)) }
            for number in 0..<40 { table.remove(address(round * 40 + number)) }
            let count = table.count
            #expect(count == 0)
        }
        let before = table[address(7)]
        table.set(address(7), 7)
        let after = table[address(7)]
        #expect(before == nil)
        #expect(after == 7)
    }

    @Test func aLaterWordReplacesAnEarlierOne() {
        var table = AddressTable()
        table.set(address(1), 1)
        table.set(address(1), 2)
        let (value, count) = (table[address(1)], table.count)
        #expect(value == 2)
        #expect(count == 1)
    }
}
