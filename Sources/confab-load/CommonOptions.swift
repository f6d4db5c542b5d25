import ArgumentParser
import LoadGenerator
import Primitives

extension LoadCodec: ExpressibleByArgument {}
extension Rest: ExpressibleByArgument {}
extension LoadSecurity: ExpressibleByArgument {}

/// What all kinds of calls have in common.
struct CommonOptions: ParsableArguments {
    @Option(help: "How many participants.") var participants = 10
    @Option(help: "Participants in each room; all in one when not given.") var roomsOf: Int?
    @Option(help: "opus, pcmu, pcma or g722.") var codec = LoadCodec.opus
    @Option(help: "How many talk in each room, the first to join it.") var talkers = 1
    @Option(help: "What the others send: speech, silence, dtx, levels, nothing or noise.") var rest = Rest.silence
    @Option(help: "plain, sdes or dtls.") var security: LoadSecurity?
    @Option(help: "Share of the packets sent that get lost, in per cent.") var loss = 0.0
    @Option(help: "Packets sent are held back by up to this, in milliseconds.") var jitter = 0
    @Option(help: "Joins a second; 0 for all at once.") var ramp = 20.0
    @Option(help: "How long is measured, in seconds.") var duration = 20.0
    @Option(help: "How long is waited before, in seconds.") var warmUp = 2.0
    @Option(help: "A WAV file (16-bit PCM) that talkers read from; may be given several times.") var speech: [String] =
        []
    @Option(help: "Bits a second of Opus.") var opusBitrate = 24_000
    @Flag(help: "Measure delay by tone bursts of participant 0.") var marker = false
    @Option(help: "How many listen for the marker.") var markerListeners = 3
    @Option(help: "INDEX:FILE.wav, what a participant hears while it is measured; the first is 0.")
    var record: [String] = []
    @Option(help: "INDEX:FILE.wav, what a participant says, from when the measuring begins.")
    var send: [String] = []
    @Option(
        help: """
            Misbehaving participants, as KIND=SHARE,…: flood, forge, type, jump, long, stereo; all=SHARE for each.
            """)
    var bad: String?
    @Option(help: "Local address.") var local: String?
    @Option(help: "Participants that share a local port, where the peer has a port for each.") var share = 250
    @Option(help: "The processor to keep to.") var cpu: Int?
    @Flag(help: "Authenticate what all receive, not only listeners.") var unprotectAll = false
    @Option(help: "Write the report as JSON to a file; - for standard output.") var json: String?
    @Flag(help: "No progress line.") var quiet = false

    func options(_ scenario: LoadOptions.Scenario, security fallback: LoadSecurity = .plain) throws -> LoadOptions {
        var options = LoadOptions(scenario)
        options.participants = participants
        options.roomSize = roomsOf
        options.codec = codec
        options.talkers = talkers
        options.rest = rest
        options.security = security ?? fallback
        options.loss = loss / 100
        options.jitter = .milliseconds(jitter)
        options.ramp = ramp
        options.duration = .milliseconds(Int64(duration * 1000))
        options.warmUp = .milliseconds(Int64(warmUp * 1000))
        options.speech = speech
        options.opusBitRate = opusBitrate
        options.marker = marker
        options.markerListeners = markerListeners
        options.recordings = try record.map(CommonOptions.track)
        options.sounds = try send.map(CommonOptions.track)
        options.bad = try CommonOptions.badInput(bad)
        options.localAddress = try local.map { text in
            guard let address = IPAddress(text) else { throw ValidationError("no address: \(text)") }
            return address
        }
        options.sharedBy = share
        options.processor = cpu
        options.unprotectAll = unprotectAll
        if let mistake = options.mistake { throw ValidationError(mistake) }
        return options
    }

    private static func track(_ text: String) throws -> LoadOptions.Track {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let index = Int(parts[0]) else { throw ValidationError("not INDEX:FILE: \(text)") }
        return LoadOptions.Track(participant: index, path: String(parts[1]))
    }

    private static func badInput(_ text: String?) throws -> [BadInput: Double] {
        var shares: [BadInput: Double] = [:]
        for part in (text ?? "").split(separator: ",") {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let share = Double(pair[1]) else {
                throw ValidationError("not KIND=SHARE: \(part)")
            }
            if pair[0] == "all" {
                for kind in BadInput.allCases { shares[kind] = share }
            } else if let kind = BadInput(rawValue: String(pair[0])) {
                shares[kind] = share
            } else {
                throw ValidationError("unknown kind of bad input: \(pair[0])")
            }
        }
        return shares
    }
}
