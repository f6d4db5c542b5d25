import Testing

@testable import Media

@Suite struct PacketStoreTests {
    private func insert(_ store: inout PacketStore, _ sequence: Int64, _ size: Int) -> Bool {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: Int64($0) &+ sequence) }
        return bytes.withUnsafeBytes {
            store.insert(PacketStore.Entry(sequence: sequence, timestamp: sequence * 960, duration: 960), $0)
        }
    }

    @Test func whatIsPutInComesOutInOrderWhateverItsSize() {
        var random = SplitMix(3)
        var store = PacketStore()
        var known: [Int64: Int] = [:]
        var newest: Int64 = 100
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let sequence = newest + Int64.random(in: -20...3, using: &random)
                let size = Int.random(in: 1...1500, using: &random)
                // One place for all that differ by 64: the older gives way.
                let rival = known.keys.first { $0 & 63 == sequence & 63 }
                let isFree = rival.map { $0 < sequence } ?? true
                #expect(insert(&store, sequence, size) == isFree)
                if isFree {
                    if let rival { known[rival] = nil }
                    known[sequence] = size
                    newest = max(newest, sequence)
                }
            case 1:
                let sequence = newest - Int64.random(in: 0...70, using: &random)
                store.remove(sequence)
                known[sequence] = nil
            default:
                let after = newest - Int64.random(in: 0...60, using: &random)
                let expected = known.keys.filter { $0 > after && $0 <= after + 64 }.min()
                let found = store.first(after: after)
                #expect(found?.sequence == expected)
                if let found {
                    let bytes = store.payload(found)
                    #expect(bytes.count == known[found.sequence])
                    #expect(bytes.first == UInt8(truncatingIfNeeded: found.sequence))
                    #expect(bytes.last == UInt8(truncatingIfNeeded: Int64(bytes.count - 1) &+ found.sequence))
                }
            }
            #expect(store.count == known.count)
        }
        store.removeAll()
        #expect(store.count == 0 && store.first(after: 0) == nil)
    }

    @Test func memoryIsTakenForWhatIsThereAndGivenBackAfterABurst() {
        var store = PacketStore()
        let empty = store.memory
        #expect(empty <= 2100)
        for sequence in Int64(1)...1000 {
            _ = insert(&store, sequence, 160)
            store.remove(sequence - 3)
        }
        #expect(store.memory <= empty + 4 * 256)
        for sequence in Int64(1001)...1064 { _ = insert(&store, sequence, 1400) }
        #expect(store.memory >= 64 * 1500)
        for sequence in Int64(1001)...1064 { store.remove(sequence) }
        store.trim()
        #expect(store.memory <= 6 * 1024)
    }

    @Test func whatIsTooLargeIsRefused() {
        var store = PacketStore()
        #expect(!insert(&store, 1, 1501))
        #expect(!insert(&store, -1, 10))
        #expect(insert(&store, 1, 1500))
        #expect(!insert(&store, 1, 20))
    }

    @Test func blocksAreNobodyElsesAndUsedAgainBeforeMoreAreMade() {
        let blocks = PacketBlocks()
        blocks.enlist()
        let made = blocks.made
        #expect(made.small >= PacketBlocks.smallEach && made.large >= PacketBlocks.largeEach)
        var random = SplitMix(5)
        for isLarge in [false, true] {
            let size = isLarge ? PacketBlocks.largeSize : PacketBlocks.smallSize
            var taken: [UnsafeMutableRawPointer] = []
            for _ in 0..<20_000 {
                if taken.count < 100, Bool.random(using: &random) {
                    let block = blocks.take(isLarge: isLarge)
                    #expect(taken.allSatisfy { abs($0 - block) >= size })
                    block.initializeMemory(as: UInt8.self, repeating: 0xff, count: size)
                    taken.append(block)
                } else if !taken.isEmpty {
                    blocks.give(taken.remove(at: Int.random(in: 0..<taken.count, using: &random)), isLarge: isLarge)
                }
            }
            for block in taken { blocks.give(block, isLarge: isLarge) }
        }
        #expect(blocks.made.small <= 256 && blocks.made.large <= 112 + 48)
    }

    @Test func theLongestDelayOfAllBuffersAtOnceWasForeseen() {
        let blocks = PacketBlocks()
        for _ in 0..<100 { blocks.enlist() }
        let made = blocks.made
        for isLarge in [false, true] {
            let packets = 250 / (isLarge ? 40 : 20) + Int(PacketStore.history) / (isLarge ? 2 : 1)
            let waiting = (0..<100 * packets).map { _ in blocks.take(isLarge: isLarge) }
            #expect(blocks.made == made)
            for block in waiting { blocks.give(block, isLarge: isLarge) }
        }
    }

    @Test func aBurstTakesBlocksOnceHoweverOftenItComes() {
        let blocks = PacketBlocks()
        for _ in 0..<100 { blocks.enlist() }
        let made = blocks.made
        #expect(made.small >= 100 * PacketBlocks.smallEach)
        for _ in 0..<100 {
            let burst = (0..<made.small).map { _ in blocks.take(isLarge: false) }
            for block in burst { blocks.give(block, isLarge: false) }
        }
        #expect(blocks.made == made)
    }
}
