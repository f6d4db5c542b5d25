import ArgumentParser
import LoadGenerator
import Primitives

struct SIPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sip", abstract: "Call rooms by SIP.")

    @Option(help: "sip:ROOM@ADDRESS:PORT; %d in ROOM is the room's number, from 1.") var target: String
    @Option(help: "udp or tcp.") var transport = "udp"
    @OptionGroup var common: CommonOptions

    func run() throws {
        guard ["udp", "tcp"].contains(transport) else { throw ValidationError("the transport is udp or tcp") }
        try Carrying.out(common, try common.options(.sip(target: target, overTCP: transport == "tcp")))
    }
}

struct JingleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jingle", abstract: "Call rooms by Jingle, as users of an XMPP server that is played here.")

    @Option(help: "ADDRESS:PORT where the component connects to (XEP-0114).") var listen = "127.0.0.1:5347"
    @Option(help: "The component's secret.") var secret: String
    @Option(help: "The component's domain whose rooms are called.") var domain: String
    @Option(help: "The room; %d in it is the room's number, from 1.") var room: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        guard let colon = listen.lastIndex(of: ":"), let ip = IPAddress(listen[..<colon]),
            let port = UInt16(listen[listen.index(after: colon)...])
        else { throw ValidationError("no address and port: \(listen)") }
        let scenario = LoadOptions.Scenario.jingle(
            listen: SocketAddress(ip, port), secret: Redacted(secret), domain: domain, room: room)
        try Carrying.out(common, try common.options(scenario, security: .dtls))
    }
}

struct GatewayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Call an account of the server by SIP and answer as its phone: bridged calls.",
        discussion:
            "Participants come in pairs: those with even numbers call, the one after each answers. All of them talk.")

    @Option(help: "sip:ACCOUNT@ADDRESS:PORT; we register there.") var target: String
    @Option(help: "The account's password.") var password: String
    @Option(help: "opus, pcmu, pcma or g722: what those who are called speak; the same as the others when not given.")
    var calleeCodec: LoadCodec?
    @OptionGroup var common: CommonOptions

    func run() throws {
        var options = try common.options(.gateway(target: target, password: Redacted(password)))
        options.calleeCodec = calleeCodec
        options.roomSize = 2
        options.rest = .speech
        try Carrying.out(common, options)
    }
}

struct RTPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtp", abstract: "Send and receive RTP without signalling.",
        discussion: """
            Endpoints are JSON lines: {"remote": "127.0.0.1:20000", "payload-type": 100, "local-port": 0}. With
            --announce the local address of each participant is written to standard output, as JSON lines, before
            endpoints are read.
            """)

    @Option(help: "A file of JSON lines, or - for standard input.") var endpoints: String
    @Flag(help: "Tell the local addresses first.") var announce = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        try Carrying.out(common, try common.options(.rtp(endpoints: endpoints, announce: announce)))
    }
}

struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo", abstract: "Send back all datagrams, to measure what the generator itself can do.",
        discussion: "Writes the endpoints for `confab-load rtp` to standard output, then echoes until interrupted.")

    @Option(help: "How many ports; as many as participants share one of the generator's.") var ports = 250
    @Option(help: "How many participants are to use them.") var participants = 250
    @Option(help: "The processor to keep to.") var cpu: Int?

    func run() throws {
        let echo = try Echo(ports: ports, participants: participants, processor: cpu)
        echo.run { print($0) }
    }
}
