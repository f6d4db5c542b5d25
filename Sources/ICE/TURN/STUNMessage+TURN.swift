import Primitives

/// Methods and attributes of TURN (RFC 8656 sections 17 and 18).
///
/// They are no cases of `STUNAttribute`: a connectivity check that carries one is to be refused with 420.
enum TURN {
    static let allocate: UInt16 = 0x003
    static let refresh: UInt16 = 0x004
    static let send: UInt16 = 0x006
    static let data: UInt16 = 0x007
    static let createPermission: UInt16 = 0x008
    static let channelBind: UInt16 = 0x009

    enum Attribute {
        static let channelNumber: UInt16 = 0x000c
        static let lifetime: UInt16 = 0x000d
        static let peerAddress: UInt16 = 0x0012
        static let data: UInt16 = 0x0013
        static let relayedAddress: UInt16 = 0x0016
        static let requestedAddressFamily: UInt16 = 0x0017
        static let requestedTransport: UInt16 = 0x0019
        static let additionalAddressFamily: UInt16 = 0x8000
        static let alternateServer: UInt16 = 0x8023
    }
}

extension STUNAttribute {
    /// LIFETIME in seconds (RFC 8656 section 18.2).
    static func lifetime(_ seconds: UInt32) -> STUNAttribute { .number(TURN.Attribute.lifetime, seconds) }

    /// REQUESTED-TRANSPORT: UDP, the one there is (RFC 8656 section 18.7).
    static let requestedUDP = STUNAttribute.other(type: TURN.Attribute.requestedTransport, value: [17, 0, 0, 0])

    /// ADDITIONAL-ADDRESS-FAMILY: an IPv6 address beside the IPv4 one (RFC 8656 section 18.11).
    static let additionalIPv6 = STUNAttribute.other(type: TURN.Attribute.additionalAddressFamily, value: [2, 0, 0, 0])

    /// REQUESTED-ADDRESS-FAMILY: an IPv6 address in the place of the IPv4 one (RFC 8656 section 18.6).
    static let requestedIPv6 = STUNAttribute.other(type: TURN.Attribute.requestedAddressFamily, value: [2, 0, 0, 0])

    static func channelNumber(_ number: UInt16) -> STUNAttribute {
        .number(TURN.Attribute.channelNumber, UInt32(number) << 16)
    }

    static func payload(_ bytes: [UInt8]) -> STUNAttribute { .other(type: TURN.Attribute.data, value: bytes) }

    /// XOR-PEER-ADDRESS (RFC 8656 section 18.3).
    static func peerAddress(_ address: SocketAddress, _ id: STUNTransactionID) -> STUNAttribute {
        .address(TURN.Attribute.peerAddress, masked(address, id))
    }

    /// XOR-RELAYED-ADDRESS (RFC 8656 section 18.5), as servers send it.
    static func relayedAddress(_ address: SocketAddress, _ id: STUNTransactionID) -> STUNAttribute {
        .address(TURN.Attribute.relayedAddress, masked(address, id))
    }

    /// ALTERNATE-SERVER (RFC 8489 section 14.15), as servers send it.
    static func alternateServer(_ address: SocketAddress) -> STUNAttribute {
        .address(TURN.Attribute.alternateServer, address)
    }

    private static func number(_ type: UInt16, _ value: UInt32) -> STUNAttribute {
        var writer = ByteWriter()
        writer.integer(value)
        return .other(type: type, value: writer.bytes)
    }

    private static func address(_ type: UInt16, _ address: SocketAddress) -> STUNAttribute {
        var writer = ByteWriter()
        write(address, to: &writer)
        return .other(type: type, value: writer.bytes)
    }
}

extension STUNMessage {
    /// XOR-MAPPED-ADDRESS: what a server sees us as.
    var reflexiveAddress: SocketAddress? {
        for case .xorMappedAddress(let address) in attributes { return address.unmapped }
        return nil
    }

    /// XOR-RELAYED-ADDRESS, at most one of each family.
    var relayedAddresses: [SocketAddress] {
        values(TURN.Attribute.relayedAddress).compactMap { masked($0) }.reduce(into: []) { found, address in
            if !found.contains(where: { $0.ip.isV6 == address.ip.isV6 }) { found.append(address) }
        }
    }

    var peerAddress: SocketAddress? { values(TURN.Attribute.peerAddress).first.flatMap(masked)?.unmapped }

    var payload: [UInt8]? { values(TURN.Attribute.data).first }

    /// LIFETIME in seconds.
    var lifetime: UInt32? {
        values(TURN.Attribute.lifetime).first.flatMap { value in
            var reader = ByteReader(value)
            return value.count == 4 ? reader.u32() : nil
        }
    }

    var alternateServer: SocketAddress? {
        values(TURN.Attribute.alternateServer).first.flatMap { value in
            var reader = ByteReader(value)
            return STUNAttribute.readAddress(&reader)
        }
    }

    var errorCode: Int? {
        for case .errorCode(let code, _) in attributes { return code }
        return nil
    }

    var realm: String? {
        for case .realm(let text) in attributes { return text }
        return nil
    }

    var nonce: String? {
        for case .nonce(let text) in attributes { return text }
        return nil
    }

    private func values(_ wanted: UInt16) -> [[UInt8]] {
        attributes.compactMap { if case .other(wanted, let value) = $0 { value } else { nil } }
    }

    private func masked(_ value: [UInt8]) -> SocketAddress? {
        var reader = ByteReader(value)
        return STUNAttribute.readAddress(&reader).map { STUNAttribute.masked($0, transactionID) }
    }
}

extension SocketAddress {
    /// The same with an IPv4-mapped address as IPv4.
    var unmapped: SocketAddress { SocketAddress(ip.unmapped, port) }
}
