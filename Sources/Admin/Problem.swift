import HTTPTypes
import Hummingbird

/// Why a request is not answered as it would like to be: a problem document (RFC 9457) of the type `about:blank`, so that
/// its title is the status's own, with one member more, `code`.
struct Problem: Error {
    let status: HTTPResponse.Status
    /// In a word, for programs.
    let code: String
    /// For people.
    let detail: String
    var headers: HTTPFields = [:]
    /// Whether the rest of the request is not waited for.
    var endsConnection = false

    private struct Document: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let code: String
    }

    func response() throws -> Response {
        let document = Document(title: status.reasonPhrase, status: status.code, detail: detail, code: code)
        var headers = headers
        if endsConnection { headers[.connection] = "close" }
        return try .json(document, status: status, type: "application/problem+json", headers: headers)
    }

    /// What the HTTP library itself refuses.
    init(_ error: HTTPError) {
        switch error.status {
        case .notFound: self.init(.notFound, "no-such-resource", "There is nothing here.")
        default: self.init(error.status, "refused", error.body ?? error.status.reasonPhrase)
        }
    }

    init(
        _ status: HTTPResponse.Status, _ code: String, _ detail: String, headers: HTTPFields = [:],
        endsConnection: Bool = false
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.endsConnection = endsConnection
    }
}
