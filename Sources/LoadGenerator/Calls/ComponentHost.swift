import Glibc
import MediaSecurity
import Primitives
import XMPP

/// The server's side of XEP-0114: components connect to it, prove that they know the secret, and exchange stanzas.
final class ComponentHost {
    /// One component's connection: opened → named (its stream header) → proven (its handshake).
    private final class Connection {
        let descriptor: Int32
        let parser: XMLStreamParser
        let id: String
        var domain = ""
        var isProven = false
        var unsent: [UInt8] = []

        init(_ descriptor: Int32, entropy: Entropy) {
            self.descriptor = descriptor
            parser = XMLStreamParser(salt: entropy.u64())
            id = entropy.token(16)
        }

        deinit { close(descriptor) }
    }

    private let listener: Int32
    private let secret: Redacted<String>
    private let entropy: Entropy
    private var connections: [Int32: Connection] = [:]
    private var memory = [UInt8](repeating: 0, count: 65_536)

    init(_ address: SocketAddress, secret: Redacted<String>, entropy: Entropy) throws(LoadError) {
        guard case .v4(let bits) = address.ip.unmapped else { throw LoadError("components connect over IPv4 only") }
        self.secret = secret
        self.entropy = entropy
        listener = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var name = sockaddr_in.of(bits, address.port)
        let descriptor = listener
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 16) == 0 else {
            let text = String(cString: strerror(errno))
            close(descriptor)
            throw LoadError("cannot listen on \(address): \(text)")
        }
    }

    deinit { close(listener) }

    var descriptors: [Int32] { [listener] + connections.keys }

    var wantsToWrite: Bool { connections.values.contains { !$0.unsent.isEmpty } }

    func isConnected(_ domain: String) -> Bool { connections.values.contains { $0.isProven && $0.domain == domain } }

    /// Sends a stanza to the component that has the domain it is addressed to; without one it is lost.
    func send(_ stanza: XMLElement) {
        guard let domain = stanza.to?.domain,
            let connection = connections.values.first(where: { $0.isProven && $0.domain == domain })
        else { return }
        write(stanza.serialised(in: Namespace.client), to: connection)
    }

    /// Reads what came, and gives the stanzas in it.
    func readable(_ descriptor: Int32) -> [XMLElement] {
        if descriptor == listener {
            while true {
                let accepted = accept(listener, nil, nil)
                guard accepted >= 0 else { return [] }
                _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
                var on: Int32 = 1
                setsockopt(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                connections[accepted] = Connection(accepted, entropy: entropy)
            }
        }
        guard let connection = connections[descriptor] else { return [] }
        var stanzas: [XMLElement] = []
        for _ in 0..<64 {
            let count = recv(descriptor, &memory, memory.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { break }
            guard count > 0 else {
                connections[descriptor] = nil
                break
            }
            for event in connection.parser.parse(memory[..<count]) { take(event, connection, &stanzas) }
        }
        return stanzas
    }

    private func take(_ event: XMLStreamEvent, _ connection: Connection, _ stanzas: inout [XMLElement]) {
        switch event {
        case .streamOpened(let header):
            connection.domain = header["to"] ?? ""
            let domain = XMLElement.escapeAttribute(connection.domain)
            write(
                "<?xml version='1.0'?><stream:stream xmlns='\(Namespace.componentAccept)'"
                    + " xmlns:stream='\(Namespace.streams)' from='\(domain)' id='\(connection.id)'>", to: connection)
        case .stanza(let stanza) where connection.isProven: stanzas.append(stanza)
        case .stanza(let stanza):
            let digest = Hex.encode(Hashing.openSSL.sha1(Array((connection.id + secret.secret).utf8)))
            guard stanza.matches("handshake", Namespace.client), stanza.text == digest else {
                write(StreamError(.notAuthorized).element.serialised() + "</stream:stream>", to: connection)
                connections[connection.descriptor] = nil
                return
            }
            connection.isProven = true
            write("<handshake/>", to: connection)
        case .refused: break
        case .streamClosed, .failed: connections[connection.descriptor] = nil
        }
    }

    private func write(_ text: String, to connection: Connection) {
        connection.unsent += Array(text.utf8)
        pump(connection)
    }

    /// Writes what the connections take.
    func pump() { for connection in connections.values where !connection.unsent.isEmpty { pump(connection) } }

    private func pump(_ connection: Connection) {
        while !connection.unsent.isEmpty {
            let count = Glibc.send(
                connection.descriptor, connection.unsent, connection.unsent.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return }
            connection.unsent.removeFirst(count)
        }
    }
}
