import Primitives

extension STUNAttribute {
    /// The value's bytes, without padding.
    func value(_ id: STUNTransactionID) -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .mappedAddress(let address): Self.write(address, to: &writer)
        case .xorMappedAddress(let address): Self.write(Self.masked(address, id), to: &writer)
        case .username(let text), .realm(let text), .nonce(let text), .software(let text): writer.append(text.utf8)
        case .errorCode(let code, let reason):
            let code = min(max(code, 0), 799)
            writer.integer(UInt16(0))
            writer.integer(UInt8(code / 100))
            writer.integer(UInt8(code % 100))
            writer.append(reason.utf8)
        case .unknownAttributes(let types):
            for type in types { writer.integer(type) }
        case .priority(let value): writer.integer(value)
        case .useCandidate: break
        case .iceControlled(let tieBreaker), .iceControlling(let tieBreaker): writer.integer(tieBreaker)
        case .other(_, let value): writer.append(value)
        }
        return writer.bytes
    }

    /// - Returns: nil when the value is not what the type asks for.
    init?(type: UInt16, value: ArraySlice<UInt8>, _ id: STUNTransactionID) {
        var reader = ByteReader(value)
        switch type {
        case 0x0001:
            guard let address = Self.readAddress(&reader) else { return nil }
            self = .mappedAddress(address)
        case 0x0020:
            guard let address = Self.readAddress(&reader) else { return nil }
            self = .xorMappedAddress(Self.masked(address, id))
        case 0x0006, 0x0014, 0x0015, 0x8022:
            guard let text = String(validating: value, as: UTF8.self) else { return nil }
            switch type {
            case 0x0006: self = .username(text)
            case 0x0014: self = .realm(text)
            case 0x0015: self = .nonce(text)
            default: self = .software(text)
            }
        case 0x0009:
            guard reader.skip(2), let hundreds = reader.u8(), let rest = reader.u8(),
                (3...6).contains(hundreds & 7), rest < 100
            else { return nil }
            self = .errorCode(
                Int(hundreds & 7) * 100 + Int(rest), reason: String(decoding: reader.rest(), as: UTF8.self))
        case 0x000a:
            guard value.count.isMultiple(of: 2) else { return nil }
            var types: [UInt16] = []
            while let type = reader.u16() { types.append(type) }
            self = .unknownAttributes(types)
        case 0x0024:
            guard value.count == 4, let priority = reader.u32() else { return nil }
            self = .priority(priority)
        case 0x0025:
            guard value.isEmpty else { return nil }
            self = .useCandidate
        case 0x8029, 0x802a:
            guard value.count == 8, let tieBreaker = reader.u64() else { return nil }
            self = type == 0x8029 ? .iceControlled(tieBreaker) : .iceControlling(tieBreaker)
        default:
            self = .other(type: type, value: Array(value))
        }
    }

    static func write(_ address: SocketAddress, to writer: inout ByteWriter) {
        writer.integer(UInt16(address.ip.isV6 ? 2 : 1))
        writer.integer(address.port)
        writer.append(address.ip.bytes)
    }

    static func readAddress(_ reader: inout ByteReader) -> SocketAddress? {
        guard reader.skip(1), let family = reader.u8(), let port = reader.u16(), family == 1 || family == 2,
            reader.remaining == (family == 1 ? 4 : 16), let ip = IPAddress(bytes: reader.rest())
        else { return nil }
        return SocketAddress(ip, port)
    }

    /// The exclusive or of RFC 8489 section 14.2; its own inverse.
    static func masked(_ address: SocketAddress, _ id: STUNTransactionID) -> SocketAddress {
        let ip: IPAddress =
            switch address.ip {
            case .v4(let bits): .v4(bits ^ magicCookie)
            case .v6(let high, let low):
                .v6(high: high ^ (UInt64(magicCookie) << 32 | UInt64(id.high)), low: low ^ id.low)
            }
        return SocketAddress(ip, address.port ^ UInt16(magicCookie >> 16))
    }
}
