import ArgumentParser

/// A conference server in which SIP phones and XMPP clients meet.
@main
struct Confab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confab",
        abstract: "A conference server in which SIP phones and XMPP clients meet.",
        version: "0.1.0",
        subcommands: [Run.self, Check.self, Records.self],
        defaultSubcommand: Run.self)
}
