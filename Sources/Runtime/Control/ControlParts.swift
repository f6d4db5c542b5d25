import Conference
import Logging
import MediaEngine
import NIOCore
import Signalling
import Storage

/// All that the control loop takes over when it starts.
struct ControlParts {
    var loop: any EventLoop
    var logger: Logger
    var store: Store
    var media: MediaPlane
    var conference: Conference
    var sip: SIPAdapter
    var xmpp: XMPPAdapter?
    var sockets: SIPSockets
    var resolver: DNSResolver
    var links: [ComponentLink]
    var addresses: SignallingAddresses
    var servers: ServerDirectory
    var externalServices: ExternalServices?
    /// Nil when no records are kept, and for how long they are.
    var calls: CallLog?
    var callRetention = Duration.zero
}
