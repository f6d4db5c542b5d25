import Conference
import Primitives

/// The name of a recording's file: the room's, and when it began.
enum RecordingName {
    private static let longest = 80

    /// `demo-20261121T140509Z.opus`. Of the room's name, what is no letter, digit or `._-` becomes `_`, and so does a
    /// dot in front: it names a file in the folder and nothing else.
    /// - Parameter number: above 1 it stands behind the time, where a file of that name is there already.
    static func file(_ room: RoomName, _ time: WallTime, number: Int = 1) -> String {
        var name = String(
            room.text.unicodeScalars.prefix(longest).map { scalar -> Character in
                let isPlain =
                    scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || ["-", "_", "."].contains(scalar)
                return isPlain ? Character(scalar) : "_"
            })
        if name.isEmpty { name = "_" }
        if name.hasPrefix(".") { name.replaceSubrange(...name.startIndex, with: "_") }
        return "\(name)-\(stamp(time))\(number > 1 ? "-\(number)" : "").opus"
    }

    /// ISO 8601 without what a file system may not like.
    static func stamp(_ time: WallTime) -> String {
        String(time.iso8601.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}
