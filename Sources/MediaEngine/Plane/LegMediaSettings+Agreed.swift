import Media
import MediaDescription

extension LegMediaSettings {
    /// What offer and answer settled, as the media side reads it; nil when the codec towards the peer is none of ours.
    init?(_ agreed: AgreedMedia, _ local: LocalMedia) {
        guard let send = Format(agreed.sendCodec) else { return nil }
        func id(of uri: String, where usable: (StreamDirection) -> Bool) -> UInt8? {
            agreed.headerExtensions.first { $0.uri == uri && usable($0.direction) }
                .flatMap { (1...255).contains($0.id) ? UInt8($0.id) : nil }
        }
        var opus = OpusPreferences()
        for parameter in agreed.sendCodec.parameters where send.codec == .opus {
            opus.set(parameter.name, parameter.value)
        }
        self.init(
            send: send,
            receive: agreed.receiveCodecs.compactMap(Format.init),
            sendEvents: agreed.sendEvents.map { Events(payloadType: $0.payloadType, clockRate: $0.clockRate) },
            receiveEvents: agreed.receiveEvents.map { Events(payloadType: $0.payloadType, clockRate: $0.clockRate) },
            sends: agreed.direction.sends, receives: agreed.direction.receives, packetTime: agreed.ptime,
            clientLevelID: id(of: HeaderExtension.ssrcAudioLevel) { $0.receives },
            levelID: id(of: HeaderExtension.ssrcAudioLevel) { $0.sends },
            mixerLevelID: id(of: HeaderExtension.csrcAudioLevel) { $0.sends },
            opus: opus, comfortNoise: agreed.comfortNoise,
            redundancy: agreed.receiveRedundancy.map {
                Redundancy(payloadType: $0.payloadType, clockRate: $0.clockRate)
            }, ssrc: local.ssrc, cname: local.cname)
    }
}

extension LegMediaSettings.Format {
    fileprivate init?(_ codec: Codec) {
        guard let known = AudioCodec(encodingName: codec.name, clockRate: codec.clockRate) else { return nil }
        self.init(payloadType: codec.payloadType, codec: known)
    }
}
