import ArgumentParser

/// Participants in numbers, for measuring conference servers.
@main
struct ConfabLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confab-load",
        abstract: "Fill rooms with participants who speak and listen, and measure what reaches them.",
        version: "0.1.0",
        subcommands: [SIPCommand.self, JingleCommand.self, GatewayCommand.self, RTPCommand.self, EchoCommand.self])
}
