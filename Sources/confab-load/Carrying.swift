import ArgumentParser
import Glibc
import LoadGenerator
import Synchronization

/// Runs, tells how it goes, and writes the report.
enum Carrying {
    private static let isInterrupted = Atomic(false)

    static func out(_ common: CommonOptions, _ options: LoadOptions) throws {
        signal(SIGINT) { _ in
            // The second time it is meant.
            if Carrying.isInterrupted.exchange(true, ordering: .relaxed) { _exit(130) }
        }
        let isTerminal = isatty(2) == 1
        let report: LoadReport
        do {
            let run = try LoadRun(options, progress: common.quiet ? nil : { show($0, isTerminal) })
            report = try run.run { isInterrupted.load(ordering: .relaxed) }
        } catch let error as LoadError {
            tell("\nconfab-load: \(error)\n")
            throw ExitCode(1)
        }
        if !common.quiet { tell("\n") }
        if common.json == "-" { return print(report.json) }
        print(report.text)
        guard let path = common.json else { return }
        guard let file = fopen(path, "w") else {
            tell("confab-load: cannot write \(path)\n")
            throw ExitCode(1)
        }
        fputs("\(report.json)\n", file)
        fclose(file)
    }

    private static func show(_ line: String, _ isTerminal: Bool) {
        tell(isTerminal ? "\r\u{1b}[K\(line)" : "\(line)\n")
    }

    /// To standard error.
    private static func tell(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(2, bytes, bytes.count)
    }
}
