import Conference
import Primitives
import SIP
import Yams

/// What the file says below `accounts.users`: each name's password, or its hashes and the name that others see.
struct Accounts {
    struct User {
        var secret: DigestSecret
        var displayName: String?
    }

    var users: [String: User] = [:]

    private static let prefix = "accounts.users."
    private static let keys: Set<String> = ["password", "md5", "sha-256", "name"]

    /// Whether a leaf of the file is about an account: its name may have points in it.
    static func isKey(_ name: String) -> Bool { name.hasPrefix(prefix) }

    init() {}

    init(yaml text: String) throws {
        guard let users = try Yams.compose(yaml: text)?["accounts"]?["users"],
            case .mapping(let mapping) = users
        else { return }
        for (key, value) in mapping {
            let name = key.string ?? ""
            switch value {
            case .scalar(let scalar): try add(name, scalar.string)
            case .mapping(let values): try add(name, try Accounts.user(name, values))
            default: throw Accounts.mistake(name, "is neither a password nor a mapping")
            }
        }
    }

    /// `NAME:PASSWORD`, as the environment has them.
    mutating func add(_ text: String) throws {
        guard let colon = text.firstIndex(of: ":") else {
            throw SettingsMistake(key: "accounts.users", problem: "has an entry that is not NAME:PASSWORD")
        }
        try add(String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private mutating func add(_ name: String, _ password: String) throws {
        guard !password.isEmpty else { throw Accounts.mistake(name, "has no password") }
        try add(name, User(secret: .password(Redacted(password))))
    }

    private mutating func add(_ name: String, _ user: User) throws {
        let isName =
            !name.isEmpty && name.utf8.count <= 64
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-+".contains($0)) }
        guard isName else {
            throw SettingsMistake(
                key: "accounts.users", problem: "names `\(name)`; a name is made of letters, digits and . _ - +")
        }
        users[name] = user
    }

    private static func user(_ name: String, _ values: Node.Mapping) throws -> User {
        for key in values.keys where !keys.contains(key.string ?? "") {
            throw mistake(name, "has `\(key.string ?? "?")`; there may be password, md5, sha-256 and name")
        }
        func text(_ key: String) -> String? {
            let found = values[Node(key)]?.scalar?.string ?? ""
            return found.isEmpty ? nil : found
        }
        var hashes: [DigestAlgorithm: String] = [:]
        for (key, algorithm) in [("md5", DigestAlgorithm.md5), ("sha-256", .sha256)] {
            guard let hash = text(key)?.lowercased() else { continue }
            guard Hex.decode(hash)?.count == algorithm.length else {
                throw mistake(name, "has as \(key) what is not \(algorithm.length * 2) hexadecimal digits")
            }
            hashes[algorithm] = hash
        }
        guard (text("password") == nil) != hashes.isEmpty else {
            throw mistake(name, "needs a password, or its hashes, and not both")
        }
        return User(
            secret: text("password").map { .password(Redacted($0)) } ?? .hashes(Redacted(hashes)),
            displayName: text("name"))
    }

    private static func mistake(_ name: String, _ problem: String) -> SettingsMistake {
        SettingsMistake(key: "accounts.users.\(name)", problem: problem)
    }
}
