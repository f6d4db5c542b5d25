import Conference
import Logging
import Signalling
import Storage

extension ControlLoop {
    /// Answers what was asked of the archive.
    func readArchives() {
        for request in xmpp?.drainArchiveRequests() ?? [] { xmpp?.answer(request, archived(request.question)) }
    }

    private func archived(_ question: ArchiveRequest.Question) -> ArchiveRequest.Answer {
        do {
            switch question {
            case .page(let query): return try store.archive(query).map { .page($0) } ?? .noSuchMessage
            case .bounds(let room):
                let (first, last) = try store.archiveBounds(of: room)
                return .bounds(first: first, last: last)
            }
        } catch {
            logger.error("\(error)")
            return .failed
        }
    }
}
