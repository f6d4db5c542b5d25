import Conference
import MediaDescription
import Testing

@Suite struct HoldMusicTests {
    var world = World(World.musical())
    private let music = Announcement([.holdMusic])
    private let silence = Announcement([])

    @Test mutating func whoIsHeldByAClientHearsMusicUntilItIsBack() throws {
        let (alice, phone) = try world.bridged()
        #expect(
            world.tell(.legDirection(alice, .sendonly)) == [.setDirection(phone, .sendonly), .play(phone, music)])
        world.tell(.legDirection(phone, .recvonly))
        world.pass(.seconds(8))
        #expect(world.tell(.legPlayed(phone)) == [.play(phone, music)])
        #expect(
            world.tell(.legDirection(alice, .sendrecv)) == [.setDirection(phone, .sendrecv), .play(phone, silence)])
        #expect(world.tell(.legPlayed(phone)).isEmpty)
    }

    @Test mutating func aPhoneThatSendsItsOwnIsNotTalkedOver() throws {
        let (alice, phone) = try world.bridged()
        #expect(world.tell(.legDirection(phone, .sendonly)) == [.setDirection(alice, .sendonly)])
        // One that sends nothing at all is: and who is held has to listen for that.
        #expect(world.tell(.legDirection(phone, .inactive)) == [.play(alice, music)])
    }

    @Test mutating func aTuneThatIsNotThereIsNotTriedForEver() throws {
        let (alice, phone) = try world.bridged()
        world.tell(.legDirection(alice, .sendonly))
        var tries = 0
        while tries < 10, !world.tell(.legPlayed(phone)).isEmpty { tries += 1 }
        #expect(tries < 3)
    }

    @Test mutating func whereEachHoldsTheOtherNobodyHearsAnything() throws {
        let (alice, phone) = try world.bridged()
        world.tell(.legDirection(alice, .sendonly))
        #expect(world.tell(.legDirection(phone, .inactive)).contains(.play(phone, silence)))
    }

    @Test mutating func withoutTheSettingItIsQuiet() throws {
        world = World()
        let (alice, phone) = try world.bridged()
        #expect(world.tell(.legDirection(alice, .inactive)) == [.setDirection(phone, .inactive)])
    }
}
