import Conference
import Logging
import MediaDescription
import Primitives

/// A phone that is gone without a BYE sends neither RTP nor RTCP: its leg fails. A leg with ICE has consent for that
/// (RFC 7675).
extension MediaPlane {
    /// Asks the media threads, a few times within the time that a leg may be silent.
    func listenForSilence(_ now: Instant) {
        guard let timeout = settings.timeout, now >= nextListening else { return }
        nextListening = now + timeout / 4
        for worker in workers { worker.tell(.listen(since: now - timeout)) }
    }

    /// A leg was silent for too long. One that is on hold, or does not send by agreement, may be.
    func giveUp(_ leg: LegID) {
        guard let session = legs[leg], session.agent == nil, session.agreed?.direction == .sendrecv else { return }
        logger.info("\(leg): nothing came for \(settings.timeout ?? .zero)")
        events.append(.failed(leg, .connectivity))
    }
}
