// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// Signal processing is optimized for the tests, too: unoptimized, half of their time went into it. Overflows and preconditions
/// stay checked.
let optimized = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A system C library: a module map and a shim, nothing else.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A target of ours. Its dependencies are the arrows of the design; the build refuses any other import.
func ours(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = strict) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "confab",
    products: [
        .executable(name: "confab", targets: ["confab"]),
        .executable(name: "confab-load", targets: ["confab-load"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
    ],
    targets: [
        system("COsip", pkgConfig: "libosip2", apt: "libosip2-dev"),
        system("CSRTP", pkgConfig: "libsrtp2", apt: "libsrtp2-dev"),
        system("COpus", pkgConfig: "opus", apt: "libopus-dev"),
        system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        system("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),
        system("CSpanDSP", pkgConfig: "spandsp", apt: "libspandsp-dev"),
        system("CCares", pkgConfig: "libcares", apt: "libc-ares-dev"),
        system("CSpeexDSP", pkgConfig: "speexdsp", apt: "libspeexdsp-dev"),
        system("COgg", pkgConfig: "ogg", apt: "libogg-dev"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLoadShim"),

        ours("Primitives", []),
        ours("MediaDescription", ["Primitives"]),
        ours("SIP", ["Primitives", "COsip"]),
        ours("XMPP", ["Primitives", "CExpat"]),
        ours("Jingle", ["Primitives", "XMPP", "MediaDescription"]),
        ours("ICE", ["Primitives"]),
        ours("MediaSecurity", ["Primitives", "COpenSSL", "CSRTP"]),
        ours("Media", ["Primitives", "COpus", "COgg", "CSpanDSP", "CSpeexDSP"], optimized),
        ours("Conference", ["Primitives", "MediaDescription"]),
        ours("ConferenceInfo", ["Primitives", "Conference"]),
        ours(
            "Signalling",
            ["Primitives", "MediaDescription", "Conference", "ConferenceInfo", "SIP", "XMPP", "Jingle"]),
        ours("Storage", ["Primitives", "Conference", .product(name: "GRDB", package: "GRDB.swift")]),
        ours(
            "MediaEngine",
            [
                "CLinux", "Primitives", "MediaDescription", "ICE", "MediaSecurity", "Media", "Conference", log,
            ]),
        ours(
            "Runtime",
            [
                "CCares", "Primitives", "Conference", "SIP", "XMPP", "ICE", "MediaSecurity", "Signalling",
                "MediaEngine",
                "Storage", log,
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        ours(
            "Admin",
            [
                "Primitives", "Conference", log,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "confab",
            dependencies: [
                "Primitives", "Conference", "SIP", "Signalling", "Media", "MediaSecurity", "MediaEngine", "Storage",
                "Runtime", "Admin", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        ours(
            "LoadGenerator",
            [
                "CLinux", "CLoadShim", "COpus", "CSpanDSP", "Primitives", "MediaDescription", "SIP", "XMPP", "Jingle",
                "ICE", "MediaSecurity", "Media",
            ]),
        .executableTarget(
            name: "confab-load",
            dependencies: [
                "LoadGenerator", "Primitives", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        tests(
            "ConfabTests",
            [
                "Primitives", "Conference", "SIP", "Signalling", "MediaEngine", "Runtime", "Admin", "confab", log,
                .product(name: "Configuration", package: "swift-configuration"),
            ]),
        tests(
            "LoadGeneratorTests",
            ["LoadGenerator", "Media", "MediaDescription", "MediaSecurity", "Primitives", "SIP", "XMPP", "Jingle"]),
        tests("PrimitivesTests", ["Primitives"]),
        tests("MediaDescriptionTests", ["Primitives", "MediaDescription"]),
        tests("SIPTests", ["Primitives", "SIP", "MediaSecurity"]),
        tests("XMPPTests", ["Primitives", "XMPP"]),
        tests("JingleTests", ["Primitives", "MediaDescription", "XMPP", "Jingle"]),
        tests("ICETests", ["Primitives", "ICE"]),
        tests("MediaSecurityTests", ["Primitives", "MediaSecurity", "COpenSSL", "CSRTP"]),
        tests("MediaTests", ["Primitives", "Media"], optimized),
        tests(
            "MediaEngineTests",
            ["Primitives", "Conference", "ICE", "Media", "MediaDescription", "MediaSecurity", "MediaEngine", log]),
        tests("ConferenceTests", ["Primitives", "MediaDescription", "Conference"]),
        .testTarget(
            name: "ConferenceInfoTests",
            dependencies: ["Primitives", "MediaDescription", "Conference", "ConferenceInfo"],
            exclude: ["Resources"], swiftSettings: strict),
        tests(
            "SignallingTests",
            [
                "Primitives", "MediaDescription", "Conference", "ConferenceInfo", "SIP", "XMPP", "Jingle",
                "Signalling", "MediaSecurity",
            ]),
        tests(
            "AdminTests",
            [
                "Primitives", "Conference", "Admin", log,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),
        tests(
            "StorageTests",
            ["Primitives", "Conference", "Storage", .product(name: "GRDB", package: "GRDB.swift")]),
    ],
    swiftLanguageModes: [.v6]
)
