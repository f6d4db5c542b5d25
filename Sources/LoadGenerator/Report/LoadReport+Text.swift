extension LoadReport {
    /// A page for eyes.
    public var text: String {
        let value = json
        func read(_ path: String...) -> Double {
            path.reduce(Optional(value)) { $0?[$1] }?.number ?? 0
        }
        func line(_ name: String, _ text: String) -> String {
            name + String(repeating: " ", count: max(1, 14 - name.count)) + text
        }
        func percent(_ share: Double) -> String { "\(LoadReport.round(share * 100)) %" }
        func whole(_ number: Double) -> String { String(Int(number)) }
        var lines = [
            line(
                "participants",
                "\(whole(read("participants", "joined"))) of \(whole(read("participants", "asked"))) joined, "
                    + "\(whole(read("participants", "dropped"))) dropped, "
                    + "\(whole(read("participants", "below-49.5-per-s"))) below 49.5 packets/s"),
            line(
                "sent",
                "\(read("sent", "per-s"))/s; each \(read("sent", "per-participant-per-s", "mean")), "
                    + "least \(read("sent", "per-participant-per-s", "min"))"),
            line(
                "received",
                "\(read("received", "per-s"))/s; each \(read("received", "per-participant-per-s", "mean")), "
                    + "p1 \(read("received", "per-participant-per-s", "p1")), "
                    + "least \(read("received", "per-participant-per-s", "min"))"),
            line(
                "gaps",
                "\(percent(read("gaps", "share-over-30-ms"))) over 30 ms, "
                    + "\(percent(read("gaps", "share-over-60-ms"))) over 60 ms, "
                    + "longest \(read("gaps", "longest-ms")) ms"),
            line(
                "loss",
                "\(whole(read("loss", "packets"))) packets, \(percent(read("loss", "share"))); jitter "
                    + "\(read("jitter-ms", "median")) ms, p99 \(read("jitter-ms", "p99")) ms"),
            line(
                "audible",
                "\(whole(read("audible", "gaps"))) gaps, \(whole(read("audible", "missing-frames"))) frames missing "
                    + "(\(percent(read("audible", "share"))))"),
        ]
        if read("delay-ms", "markers-sent") > 0 {
            lines.append(
                line(
                    "delay",
                    "median \(read("delay-ms", "median")) ms, p99 \(read("delay-ms", "p99")) ms, "
                        + "\(whole(read("delay-ms", "count"))) measured, "
                        + "\(whole(read("audible", "markers-missed"))) missed, "
                        + "\(whole(read("audible", "markers-broken"))) broken"))
        }
        for step in CallEvent.Step.allCases where value["signalling-ms"]?[step.rawValue] != nil {
            let name = step.rawValue
            lines.append(
                line(
                    name,
                    "median \(read("signalling-ms", name, "median")) ms, p99 \(read("signalling-ms", name, "p99")) ms, "
                        + "max \(read("signalling-ms", name, "max")) ms"))
        }
        lines.append(
            line(
                "generator",
                "late p99 \(read("generator", "late-ms", "p99")) ms, max \(read("generator", "late-ms", "max")) ms; "
                    + "\(read("generator", "cpu-percent")) % CPU, media thread "
                    + "\(read("generator", "media-thread-cpu-percent")) %; "
                    + "\(whole(read("generator", "receive-buffer-drops"))) dropped at its own sockets"))
        if case .object(let reasons)? = value["participants"]?["reasons"] {
            for reason in reasons {
                lines.append(line("failed", "\(reason.name) (\(whole(reason.value.number ?? 0)))"))
            }
        }
        return lines.joined(separator: "\n")
    }
}
