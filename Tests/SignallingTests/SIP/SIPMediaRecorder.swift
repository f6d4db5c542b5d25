import Conference
import MediaDescription
import Primitives
import Signalling

/// A media side that opens ports on paper and notes what it was told.
final class SIPMediaRecorder: MediaService {
    /// What the other leg of each is said to take; and what came in offers.
    var preference: [Codec] = []
    private(set) var offers: [LegID: [Codec]] = [:]

    func offered(_ leg: LegID, _ codecs: [Codec]) { offers[leg] = codecs }
    func preferred(_ leg: LegID) -> [Codec] { preference }

    private(set) var opened: [LegID] = []
    private(set) var agreed: [LegID: [AgreedMedia]] = [:]
    private(set) var candidates: [LegID: [CandidateDescription]] = [:]
    private(set) var closed: [LegID] = []
    var hasPorts = true
    private let entropy = Entropy.seeded(9)
    private var port: UInt16 = 20_000

    func openPlain(_ leg: LegID, towards peer: IPAddress) throws(MediaUnavailable) -> LocalMedia {
        guard hasPorts else { throw MediaUnavailable(reason: "no port") }
        opened.append(leg)
        port += 2
        return LocalMedia(
            transport: .plain(rtp: SocketAddress(.loopback4, port), rtcp: SocketAddress(.loopback4, port + 1)),
            ssrc: UInt32(port), cname: "c", cryptos: SDESCrypto.fresh(entropy),
            fingerprint: Fingerprint(hash: "sha-256", bytes: Array(repeating: 1, count: 32)))
    }

    func openICE(_ leg: LegID, isControlling: Bool) throws(MediaUnavailable) -> LocalMedia {
        opened.append(leg)
        let candidate = CandidateDescription(
            foundation: "1", component: 1, priority: 1, address: SocketAddress(.loopback4, 19_000), kind: .host)
        return LocalMedia(
            transport: .ice(
                ICEParameters(ufrag: "ours", pwd: "oursoursoursoursoursours"), candidates: [candidate],
                fingerprint: Fingerprint(hash: "sha-256", bytes: Array(repeating: 1, count: 32))),
            ssrc: 7, cname: "c")
    }

    private(set) var restarts = 0

    func restartICE(_ leg: LegID) throws(MediaUnavailable) -> LocalMedia {
        restarts += 1
        var local = try openICE(leg, isControlling: false)
        opened.removeLast()
        if case .ice(_, let candidates, let fingerprint) = local.transport {
            local.transport = .ice(
                ICEParameters(ufrag: "anew\(restarts)", pwd: "anewanewanewanewanewanew"), candidates: candidates,
                fingerprint: fingerprint)
        }
        return local
    }

    func agree(_ leg: LegID, _ media: AgreedMedia) { agreed[leg, default: []].append(media) }
    func addCandidates(_ leg: LegID, _ more: [CandidateDescription]) { candidates[leg, default: []] += more }
    func close(_ leg: LegID) { closed.append(leg) }
}
