import MediaDescription
import Primitives

extension LocalMedia {
    static let plain = LocalMedia(
        transport: .plain(
            rtp: SocketAddress(.v4(0xc000_0201), 30_000), rtcp: SocketAddress(.v4(0xc000_0201), 30_001)),
        ssrc: 77, cname: "confab")

    static let ice = LocalMedia(
        transport: .ice(
            ICEParameters(ufrag: "ours", pwd: "ourpasswordourpassword", options: ["trickle"]),
            candidates: [
                CandidateDescription(
                    foundation: "1", component: 1, priority: 2_130_706_431,
                    address: SocketAddress(.v4(0xc000_0201), 40_000), kind: .host)
            ],
            fingerprint: Fingerprint(hash: "sha-256", bytes: Array(repeating: 9, count: 32))),
        ssrc: 77, cname: "confab")
}
