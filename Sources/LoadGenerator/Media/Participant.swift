import Glibc

/// One participant, as the media thread knows it.
struct Participant {
    var isJoined = false
    var socket: Int32 = 0
    var remote = sockaddr_in()
    var payloadType: UInt8 = 0
    /// 0 when no levels are sent.
    var levelID: UInt8 = 0
    var ssrc: UInt32 = 0
    var sequence: UInt16 = 0
    var timestamp: UInt32 = 0
    /// Index of its loop; -1 when it sends nothing.
    var loop: Int32 = -1
    var frame: Int32 = 0
    /// Whether what it says begins with the measuring; until then it is quiet.
    var waits = false
    /// Whether the frame before was not sent.
    var wasQuiet = true
    /// Index of its listener; -1 for most.
    var listener: Int32 = -1
    var bad: BadInput?
    var isMarker = false
    /// Whether there are ciphers for it.
    var isSecured = false
    var sent: UInt64 = 0
    var reception = Reception()
}
