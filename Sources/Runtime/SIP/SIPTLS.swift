import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Primitives
import SIP

/// TLS for SIP: who we are, and whom we take for whom they say they are. Not thread-safe: used on the control loop.
final class SIPTLS {
    private let settings: Settings.SIP.TLS
    private var server: NIOSSLContext
    private var client: NIOSSLContext
    private var stamp: [[UInt8]]
    private var isReading = false

    /// What was made of the files, and when those were last written.
    private struct Contexts: Sendable {
        var server: NIOSSLContext
        var client: NIOSSLContext
        var stamp: [[UInt8]]
    }

    /// - Throws: `StartupProblem`, naming the file that is not what it is to be.
    init(_ settings: Settings.SIP.TLS) throws {
        self.settings = settings
        let contexts = try SIPTLS.read(settings)
        (server, client, stamp) = (contexts.server, contexts.client, contexts.stamp)
    }

    private static func read(_ settings: Settings.SIP.TLS) throws -> Contexts {
        let stamp = stamp(of: settings)
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        do {
            chain = try NIOSSLCertificate.fromPEMFile(settings.certificate)
        } catch {
            throw StartupProblem("\(settings.certificate) is no certificate in PEM (setting sip.tls.certificate)")
        }
        do {
            key = try NIOSSLPrivateKey(file: settings.key, format: .pem)
        } catch {
            throw StartupProblem("\(settings.key) is no private key in PEM (setting sip.tls.key)")
        }
        do {
            var serving = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            serving.minimumTLSVersion = .tlsv12
            var calling = TLSConfiguration.makeClientConfiguration()
            calling.minimumTLSVersion = .tlsv12
            calling.certificateChain = chain.map { .certificate($0) }
            calling.privateKey = .privateKey(key)
            if let file = settings.authorities { calling.trustRoots = .file(file) }
            // The name is checked by RFC 5922, which is stricter than what HTTP does.
            calling.certificateVerification = settings.verify ? .noHostnameVerification : .none
            return Contexts(
                server: try NIOSSLContext(configuration: serving), client: try NIOSSLContext(configuration: calling),
                stamp: stamp)
        } catch {
            throw StartupProblem("certificate, key and authorities of sip.tls do not fit together: \(error)")
        }
    }

    /// When each file was last written, in the system's form.
    private static func stamp(of settings: Settings.SIP.TLS) -> [[UInt8]] {
        [settings.certificate, settings.key, settings.authorities ?? ""].map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return [] }
            return withUnsafeBytes(of: status.st_mtim) { Array($0) }
        }
    }

    /// Reads the files again if they were written since. What does not fit together is left for the next time, as one
    /// file is written after the other; `say` tells the log.
    func refresh(on loop: any EventLoop, say: @escaping @Sendable (String) -> Void) {
        guard !isReading else { return }
        isReading = true
        let (settings, known) = (settings, stamp)
        let bound = NIOLoopBound(self, eventLoop: loop)
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { () -> Contexts? in
            SIPTLS.stamp(of: settings) == known ? nil : try SIPTLS.read(settings)
        }.whenComplete { result in
            let tls = bound.value
            tls.isReading = false
            switch result {
            case .success(nil): break
            case .success(let contexts?):
                (tls.server, tls.client, tls.stamp) = (contexts.server, contexts.client, contexts.stamp)
                say("the certificate was read anew")
            case .failure(let error): say("the old certificate stays in use: \(error)")
            }
        }
    }

    /// Puts our side of TLS into a connection that was accepted.
    func accept(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: server))
    }

    /// Puts our side of TLS into a connection of ours.
    /// - Parameter verified: kept once the peer has shown that it is `name`; broken when it is not.
    func secure(_ channel: any Channel, towards name: String, verified: EventLoopPromise<Void>) throws {
        let serverName = IPAddress(name) == nil ? name : nil
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLClientHandler(context: client, serverHostname: serverName))
        try pipeline.addHandler(SIPTLSGate(name: settings.verify ? name : nil, verified: verified))
    }
}

/// The certificate is another's.
struct WrongCertificate: Error, CustomStringConvertible {
    let name: String
    var description: String { "the certificate is not for \(name)" }
}

/// Waits for the end of the handshake, and looks whom the certificate is for.
final class SIPTLSGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// Nil when anybody will do.
    private let name: String?
    private let verified: EventLoopPromise<Void>

    init(name: String?, verified: EventLoopPromise<Void>) {
        self.name = name
        self.verified = verified
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            if let name, certificate?.names.contains(name) != true {
                verified.fail(WrongCertificate(name: name))
            } else {
                verified.succeed()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        verified.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        verified.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

extension NIOSSLCertificate {
    /// Whom the certificate is for (RFC 5922 section 7.1); the common name does not count.
    var names: SIPCertificateNames {
        var names = SIPCertificateNames()
        for name in _subjectAlternativeNames() {
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .uri: names.add(uri: String(decoding: bytes, as: UTF8.self))
            case .dnsName: names.add(name: String(decoding: bytes, as: UTF8.self))
            case .ipAddress: names.add(address: bytes)
            default: break
            }
        }
        return names
    }
}
