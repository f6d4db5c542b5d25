import Glibc
public import Logging
import Media
import MediaSecurity
import Primitives

extension MediaPlane {
    /// Binds the ICE port on every address, makes a certificate, and starts the media threads.
    /// - Throws: `MediaPlaneProblem` in words for the operator: a port in use is named.
    public convenience init(_ settings: MediaSettings, logger: Logger) throws {
        var shared: [UDPSocket] = []
        for ip in settings.resolved {
            let address = SocketAddress(ip, settings.icePort)
            do {
                shared.append(try UDPSocket(bind: address))
            } catch {
                guard error.code == EADDRNOTAVAIL || error.code == EAFNOSUPPORT else {
                    throw MediaPlaneProblem("cannot receive media: UDP \(error) (setting media.ice-port)")
                }
                logger.warning("no media on \(address): \(error)")
            }
        }
        let bell: ControlBell
        let certificate: Certificate
        do { bell = try ControlBell() } catch { throw MediaPlaneProblem("cannot start media: \(error)") }
        do { certificate = try Certificate() } catch { throw MediaPlaneProblem("no certificate: \(error.reason)") }
        let count = settings.workers ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let wakeups = (0..<count).map { _ in Wakeup() }
        let (sockets, links) = (shared, WorkerLinks(wakeups))
        let workers = (0..<count).map { MediaWorker(index: $0, wakeup: wakeups[$0], bell: bell) }
        for worker in workers {
            let thread = MediaThread(worker, shared: sockets, links: links, configuration: settings.mix)
            do { try thread.start() } catch { throw MediaPlaneProblem("cannot start media: \(error)") }
        }
        self.init(
            ports: RTPPorts(settings.rtpPorts), shared: shared, workers: workers, bell: bell,
            certificate: certificate, settings: settings, logger: logger,
            clock: MediaClock(instant: MonotonicClock.now, wall: MonotonicClock.wall))
    }
}

/// Why media cannot be received.
public struct MediaPlaneProblem: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}
