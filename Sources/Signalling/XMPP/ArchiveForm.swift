import Conference
import Primitives
import XMPP

/// A question to an archive, as it stands in a query (XEP-0313 sections 4.1 to 4.3).
enum ArchiveForm {
    /// What may be asked for (section 4.1.1).
    static let fields = DataForm(
        .form, formType: Namespace.archive,
        fields: [
            .init("with", type: "jid-single", []), .init("start", type: "text-single", []),
            .init("end", type: "text-single", []), .init("before-id", type: "text-single", []),
            .init("after-id", type: "text-single", []), .init("ids", type: "list-multi", []),
        ])

    static func query(
        _ element: XMLElement, _ room: RoomName, _ addresses: XMPPAddresses
    ) -> Result<ArchiveQuery, StanzaError> {
        var query = ArchiveQuery(room: room)
        if let x = element.child("x", Namespace.dataForms) {
            guard let form = DataForm(x), form.kind == .submit, form.formType == Namespace.archive else {
                return .failure(StanzaError(.badRequest, "Another form."))
            }
            if let error = read(form, into: &query, addresses) { return .failure(error) }
        }
        if let set = element.child("set", Namespace.resultSet) {
            guard let page = ResultSetRequest(set) else { return .failure(StanzaError(.badRequest)) }
            query.maximum = min(page.maximum ?? ArchiveQuery.limit, ArchiveQuery.limit)
            if let before = page.before {
                query.part = .backwards(before: before.isEmpty ? nil : before)
            } else if let index = page.index {
                query.part = .from(index)
            } else {
                query.part = .forwards(after: page.after)
            }
            if page.before != nil, let after = page.after { query.afterID = after }
        }
        let ids = [query.beforeID, query.afterID].compactMap(\.self) + query.ids
        guard ids.allSatisfy({ $0.utf8.count <= 256 }) else { return .failure(StanzaError(.itemNotFound)) }
        return .success(query)
    }

    private static func read(
        _ form: DataForm, into query: inout ArchiveQuery, _ addresses: XMPPAddresses
    ) -> StanzaError? {
        for field in form.fields {
            let value = field.values.first ?? ""
            switch field.name {
            case "FORM_TYPE": break
            case "start", "end":
                guard let time = WallTime(xmpp: value) else {
                    return StanzaError(.badRequest, "No time: \(field.name)")
                }
                if field.name == "start" { query.start = time } else { query.end = time }
            case "with":
                guard let jid = JID(value) else { return StanzaError(.jidMalformed) }
                if addresses.muc(query.room) == jid.bare {
                    query.author = jid.resource.map { .name($0) }
                } else {
                    query.author = .address(PeerAddress(jid.bare))
                }
            case "before-id": query.beforeID = value
            case "after-id": query.afterID = value
            case "ids":
                guard field.values.count <= ArchiveQuery.limit else {
                    return StanzaError(.policyViolation, "\(ArchiveQuery.limit) ids at a time.")
                }
                query.ids = field.values
            default: return StanzaError(.featureNotImplemented, "There is no field \(field.name.clipped(to: 64)).")
            }
        }
        return nil
    }
}
