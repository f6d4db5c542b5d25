import Foundation

/// Checks documents against the schema of RFC 4575 section 6 with xmllint.
enum SchemaCheck {
    static let xmllint = ["/usr/bin/xmllint", "/usr/local/bin/xmllint", "/opt/homebrew/bin/xmllint"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What xmllint has against the text; nil when it validates.
    static func complaint(about xml: String) throws -> String? {
        guard let xmllint else { return "xmllint is missing" }
        let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/conference.xsd")
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).xml")
        try Data(xml.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: xmllint)
        process.arguments = ["--nonet", "--noout", "--schema", schema.path(), file.path()]
        let output = Pipe()
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? nil : String(decoding: text, as: UTF8.self)
    }
}
