import Admin
import ArgumentParser
import Configuration
import Foundation
import Logging
import Primitives
import Runtime
import SystemPackage

/// Where the settings come from: command line over environment (`CONFAB_SIP_PORT` for `sip.port`) over file.
struct SettingsOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file (YAML).")
    var config: String = "/etc/confab/confab.yaml"

    @Option(name: .long, help: "Listen on this address instead of those in the file; may be repeated.")
    var listen: [String] = []

    @Flag(name: .long, help: "Serve SIP alone.")
    var noXmpp = false

    func load() async throws -> (settings: Settings, api: APISettings?, level: Logger.Level) {
        let file: FileProvider<YAMLSnapshot>
        do {
            file = try await FileProvider<YAMLSnapshot>(filePath: FilePath(config))
        } catch {
            throw ValidationError("cannot read the configuration file \(config): \(error)")
        }
        let policies: RoomPolicies
        let accounts: Accounts
        let trunks: Trunks
        do {
            let text = try String(contentsOfFile: config, encoding: .utf8)
            if let stranger = try KnownSettings.unknown(inYAML: text).first {
                throw ValidationError("\(config): \(stranger) is no setting; docs/configuration.md lists them all")
            }
            policies = try RoomPolicies(yaml: text)
            accounts = try Accounts(yaml: text)
            trunks = try Trunks(yaml: text)
        } catch let mistake as SettingsMistake {
            throw ValidationError("\(config): \(mistake)")
        }
        let environment = EnvironmentVariablesProvider().prefixKeys(with: "confab")
        let reader = SettingsReader(ConfigReader(providers: [environment, file]))
        do {
            let settings = try reader.settings(
                listen: listen, withoutXMPP: noXmpp, policies: policies, accounts: accounts, trunks: trunks)
            return (settings, try reader.api(), try reader.logLevel())
        } catch let mistake as SettingsMistake {
            throw ValidationError("\(config): \(mistake)")
        }
    }
}
