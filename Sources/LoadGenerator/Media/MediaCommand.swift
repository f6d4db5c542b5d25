import MediaSecurity
import Primitives

/// What the media thread is told.
enum MediaCommand: Sendable {
    /// Read from this socket, under the next number.
    case open(MediaSocket)
    /// A participant has somebody to speak to.
    case join(Joined)
    case leave(Int)
    /// Count anew from now on, and then until `finish`.
    case measure
    /// Measured enough: hand out the results; media goes on.
    case finish
    case stop
}

/// A participant whose media is agreed.
struct Joined: Sendable {
    var participant: Int
    /// Which of the sockets opened.
    var socket: Int
    var remote: SocketAddress
    /// Under which number and codec we send.
    var payloadType: UInt8
    /// Of the audio level extension (RFC 6464); nil to send none.
    var levelID: UInt8?
    var keys: SRTPKeys?
    var sound: Sound?
    var ssrc: UInt32
    /// Sounds where none is said: nothing is sent.
    struct Sound: Sendable {
        var loop: TalkLoop
        var start: Int
    }
}

/// A datagram that is neither RTP nor RTCP: STUN and DTLS.
struct Stray: Sendable {
    var socket: Int
    var source: SocketAddress
    var bytes: [UInt8]
}
