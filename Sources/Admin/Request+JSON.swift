import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// Most bytes of a body.
    static let mostBytes = 4096

    /// The body, which has to be a JSON document of that form.
    func json<Document: Decodable>(_: Document.Type) async throws -> Document {
        let type = headers[.contentType]?.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        guard type == "application/json" else {
            throw Problem(
                .unsupportedMediaType, "no-json", "The body has to be application/json.",
                headers: [.accept: "application/json"])
        }
        let bytes: ByteBuffer
        do {
            bytes = try await body.collect(upTo: Request.mostBytes)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, "too-large", "The body may have \(Request.mostBytes) bytes.", endsConnection: true)
        }
        do {
            return try JSONDecoder().decode(Document.self, from: Data(bytes.readableBytesView))
        } catch {
            throw Problem(.badRequest, "malformed", "The body is no such JSON document as is wanted here.")
        }
    }
}
