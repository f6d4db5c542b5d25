import MediaSecurity

/// Both backends on one side of a network, which must make the same of every packet.
final class SRTPOracle {
    /// The backends do not make the same of a packet.
    struct Difference: Error {
        let packet: [UInt8]
        let ours: Result<[UInt8], SRTPError>
        let theirs: Result<[UInt8], SRTPError>
    }

    private var ours: SRTPSession
    private var theirs: SRTPSession

    init(sending keys: SRTPKeys) throws {
        ours = try SRTPSession(sending: keys, backend: .openSSL)
        theirs = try SRTPSession(sending: keys, backend: .libsrtp2)
    }

    init(receiving keys: SRTPKeys) throws {
        ours = try SRTPSession(receiving: keys, backend: .openSSL)
        theirs = try SRTPSession(receiving: keys, backend: .libsrtp2)
    }

    /// What both make of a packet: the same bytes, or the same refusal.
    func protect(_ packet: [UInt8]) throws -> Result<[UInt8], SRTPError> {
        try agreed(on: packet, ours.protected(packet), theirs.protected(packet))
    }

    /// What both make of a packet, nil for a refusal. That of a damaged packet may bear another name.
    func unprotect(_ packet: [UInt8], isWhole: Bool = true) throws -> [UInt8]? {
        try agreed(on: packet, ours.unprotected(packet), theirs.unprotected(packet), isWhole: isWhole)
    }

    func protect(report: [UInt8]) throws -> Result<[UInt8], SRTPError> {
        try agreed(on: report, ours.protected(report: report), theirs.protected(report: report))
    }

    func unprotect(report: [UInt8], isWhole: Bool = true) throws -> [UInt8]? {
        try agreed(on: report, ours.unprotected(report: report), theirs.unprotected(report: report), isWhole: isWhole)
    }

    private func agreed(
        on packet: [UInt8], _ one: Result<[UInt8], SRTPError>, _ other: Result<[UInt8], SRTPError>
    ) throws -> Result<[UInt8], SRTPError> {
        guard one == other else { throw Difference(packet: packet, ours: one, theirs: other) }
        return one
    }

    private func agreed(
        on packet: [UInt8], _ one: Result<[UInt8], SRTPError>, _ other: Result<[UInt8], SRTPError>, isWhole: Bool
    ) throws -> [UInt8]? {
        guard one == other || !isWhole && (try? one.get()) == nil && (try? other.get()) == nil else {
            throw Difference(packet: packet, ours: one, theirs: other)
        }
        return try? one.get()
    }
}
