import Conference
import Testing

@Suite struct RoomNameTests {
    @Test(arguments: ["demo", "Demo", "raum-7", "東京", "café", "a.b_c+d"])
    func aNameThatBothSidesCanWriteIsTaken(text: String) {
        #expect(RoomName(text)?.text == text.lowercased())
    }

    @Test(arguments: [
        "", " ", "a b", "a/b", "a@b", "a'b", "a\"b", "<a>", "a:b", "a&b", "a\\b", "\r\n", "\u{0}", "\u{fffd}\u{fffd}",
        "\u{200b}", "\u{202e}abc", String(repeating: "x", count: 65), String(repeating: "x", count: 10_000),
    ])
    func whatCannotNameARoomIsRefused(text: String) {
        #expect(RoomName(text) == nil)
    }
}
