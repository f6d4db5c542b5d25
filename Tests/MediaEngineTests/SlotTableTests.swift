import CLinux
import Conference
import Glibc
import MediaDescription
import Primitives
import Testing

@testable import MediaEngine

@Suite struct SlotTableTests {
    private struct Item: ~Copyable { let number: Int }

    private func remove(_ place: Int, from table: inout SlotTable<Item>) -> Int? {
        guard let item = table.remove(place) else { return nil }
        return item.number
    }

    @Test func placesKeepTheirNumbersWhileTheTableGrows() {
        var table = SlotTable<Item>()
        for number in 0..<100 {
            let place = table.add(Item(number: number))
            #expect(place == number)
        }
        let removed = remove(50, from: &table)
        let removedAgain = remove(50, from: &table)
        #expect(removed == 50)
        #expect(removedAgain == nil)
        let place = table.add(Item(number: 500))
        #expect(place == 50)
        let (last, moved) = (table[99].pointee.number, table[50].pointee.number)
        let taken = table.isTaken(-1) || table.isTaken(1_000_000)
        #expect(last == 99)
        #expect(moved == 500)
        #expect(!taken)
    }

    @Test func portsComeInPairsAndThoseInUseArePassedOver() throws {
        let held = try UDPSocket(bind: SocketAddress(.loopback4, 29_402))
        var ports = RTPPorts(29_401...29_407)
        let first = try ports.open(on: .loopback4)
        #expect(first.rtp.local.port == 29_404)
        #expect(first.rtcp.local.port == 29_405)
        let second = try ports.open(on: .loopback4)
        #expect(second.rtp.local.port == 29_406)
        #expect(throws: (any Error).self) { _ = try ports.open(on: .loopback4) }
        withExtendedLifetime(held) {}
    }

    @Test func aPortInUseIsNamed() throws {
        let held = try UDPSocket(bind: SocketAddress(.loopback4, 29_410))
        do {
            _ = try UDPSocket(bind: held.local)
            Issue.record("the port was given out twice")
        } catch {
            #expect(error.description.contains("127.0.0.1:29410"))
            #expect(error.description.contains("in use"))
        }
    }

    @Test func addressesSurviveTheKernelsShape() {
        for address in [SocketAddress(.v4(0x0102_0304), 5), SocketAddress(.v6(high: 0x2001_0db8_0000_0001, low: 9), 6)]
        {
            var storage = sockaddr_storage()
            _ = SocketEndpoint(address).fill(&storage)
            #expect(SocketEndpoint(&storage)?.address == address)
        }
    }
}
