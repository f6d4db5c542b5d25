import Conference
import NIOSSL
import Primitives
import Signalling
import XMPP

extension Startup {
    /// The servers that are configured, and what asks the XMPP server for more.
    func traversal() throws -> (ServerDirectory, ExternalServices?) {
        let traversal = settings.traversal
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = traversal.authorities { configuration.trustRoots = .file(file) }
        configuration.certificateVerification = traversal.verify ? .fullVerification : .none
        let tls: NIOSSLContext
        do { tls = try NIOSSLContext(configuration: configuration) } catch {
            throw StartupProblem("TLS to TURN servers cannot be set up (setting ice.authorities): \(error)")
        }
        let services: ExternalServices? = traversal.xmppServer.flatMap { name in
            guard settings.xmpp != nil, let server = JID(name), let own = JID(settings.conference.talkDomain) else {
                return nil
            }
            return ExternalServices(server: server, as: own, entropy: .system)
        }
        return (ServerDirectory(traversal.servers, tls: tls), services)
    }
}
