// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// One set of settings for every Swift target: each file names what it imports, and a module that leaks a dependency
/// into its interface has to write `package import`.
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
    ] + (ProcessInfo.processInfo.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// Those of modules whose classes are each touched on one event loop, or by one request, alone.
///
/// Every look at a property of a class would be entered into a list of the thread's, to find changes that overlap: 90 times
/// in a small request, 5 % of its instructions. Builds for debugging do it.
let loopSettings = settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// Swift's runtime goes into the programs.
///
/// They then run where no toolchain is, as the units of `deploy/` want it, and calls of the runtime, hundreds in a request,
/// do not go by way of a library's jump table. The libraries named are what `Foundation` stands on: the compiler names them
/// only to a build that is static from the start.
let programLinking: [LinkerSetting] = [
    .unsafeFlags(
        ["-static-stdlib", "-Xlinker", "--start-group"]
            + [
                "Foundation", "CoreFoundation", "FoundationEssentials", "FoundationInternationalization",
                "_FoundationCShims", "_FoundationCollections", "_FoundationICU", "swiftSynchronization",
                "swiftDispatch", "dispatch", "BlocksRuntime",
            ].map { "-l\($0)" } + ["-Xlinker", "--end-group"],
        .when(platforms: [.linux]))
]

/// A module of `Sources/`, with its unit tests' target where it has one.
func module(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], _ settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, swiftSettings: settings
    )
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "coffer",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "coffer", targets: ["coffer"]),
        .executable(name: "coffer-kes", targets: ["coffer-kes"]),
        .executable(name: "coffer-bench", targets: ["coffer-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // Level 0: the C world. Each library has exactly one importer above it.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // The files of the console's page.
        .target(name: "CConsoleAssets", exclude: ["list.py"]),
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        // Replaces the C heap's functions in the program that links it.
        .target(name: "CWipingHeap", cSettings: [.define("_GNU_SOURCE")]),
        // Loads hardware security modules' libraries at run time; links none.
        .target(name: "CPKCS11"),

        module("Threading", []),
        module("JSON", []),
        module("Notation", []),
        module("Systemd", []),

        // Level 1: mechanisms that know nothing of S3.
        module("Cryptography", ["COpenSSL", "CLinux", "Notation", "Threading"]),
        module("ObjectStorage", ["CSQLite", "CLinux", "Notation", "Threading", grdb, grdbSQLite, logging]),
        module("HTTPClient", ["CCurl", "CLinux", "Threading"]),

        // Level 2
        module(
            "HTTPServer",
            [
                "Cryptography", "CLinux", "Notation", "Threading", nioCore, nioPosix, nioHTTP1, nioHTTP2, nioHPACK,
                nioTLS, nioSSL, logging,
            ], loopSettings),
        module("Certificates", ["COpenSSL", "Cryptography"]),
        module("KeyManagement", ["Cryptography", "JSON", "Notation", "Threading"]),
        module("RequestSigning", ["Cryptography", "Notation"]),
        module("AccessPolicy", ["JSON", "Notation"]),

        // Level 3
        module("Encryption", ["KeyManagement", "Cryptography", "Threading"]),

        module("S3Protocol", ["AccessPolicy", "RequestSigning", "Cryptography", "JSON", "Notation", "Threading"]),
        module("KESProtocol", ["KeyManagement", "Certificates", "Cryptography", "JSON", "Notation"]),
        module("MinIODrive", ["KeyManagement", "Cryptography", "JSON"]),

        // Level 4
        module(
            "KESClient",
            [
                "HTTPClient", "KESProtocol", "KeyManagement", "Certificates", "Cryptography", "Notation", "Threading",
                logging,
            ]),
        module(
            "KeyStores",
            [
                "KESProtocol", "RequestSigning", "Certificates", "HTTPClient", "Cryptography", "CLinux", "CPKCS11",
                "JSON",
                "Notation", "Threading", logging,
            ]),

        module("S3Client", ["HTTPClient", "S3Protocol", "Cryptography", "Notation"]),

        module(
            "SealedStorage",
            [
                "AccessPolicy", "Encryption", "KeyManagement", "S3Protocol", "Cryptography", "ObjectStorage",
                "Threading", nioCore,
            ]),

        // Level 5
        module(
            "Accounts",
            [
                "AccessPolicy", "SealedStorage", "KeyManagement", "S3Protocol", "Cryptography", "JSON", "Threading",
            ]),
        module(
            "Maintenance",
            [
                "SealedStorage", "MinIODrive", "Encryption", "KeyManagement", "S3Protocol", "Cryptography",
                "ObjectStorage", "Notation", "Threading", nioCore, logging,
            ]),
        module(
            "Notifications",
            ["SealedStorage", "S3Protocol", "ObjectStorage", "HTTPClient", "Threading", logging]),
        module(
            "Requests",
            [
                "AccessPolicy", "SealedStorage", "KeyManagement", "S3Protocol", "Cryptography", "ObjectStorage",
                "HTTPServer", "JSON", "Notation", "Threading", nioCore, logging,
            ], loopSettings),

        // Level 6
        module("OpenTelemetry", ["Requests", "HTTPClient", "Cryptography", "Threading", logging]),
        module(
            "Metrics",
            [
                "Maintenance", "Notifications", "Requests", "SealedStorage", "KeyManagement", "S3Protocol",
                "ObjectStorage", "HTTPServer", "CLinux", "Notation", "Threading", nioCore,
            ]),
        module(
            "Audit",
            [
                "AccessPolicy", "Requests", "SealedStorage", "Cryptography", "HTTPServer", "JSON", "Notation",
                "Threading", logging,
            ]),
        module(
            "KESService",
            [
                "KeyStores", "KESProtocol", "KeyManagement", "Certificates", "Cryptography", "HTTPServer", "CLinux",
                "JSON", "Notation", "Systemd", "Threading", nioCore, logging, yams,
            ]
        ),
        module(
            "S3Service",
            [
                "Requests", "Notifications", "AccessPolicy", "SealedStorage", "Encryption", "KeyManagement",
                "S3Protocol", "Cryptography", "ObjectStorage", "HTTPServer", "CLinux", "Notation", "Threading",
                nioCore, logging,
            ]),
        module(
            "AdminService",
            [
                "Requests", "Accounts", "Maintenance", "AccessPolicy", "SealedStorage", "ObjectStorage", "CLinux",
                "KeyManagement", "KESProtocol",
                "S3Protocol", "Cryptography", "HTTPServer", "JSON", "Notation", "Threading", nioCore, logging,
            ]),

        module(
            "Console",
            [
                "Requests", "Accounts", "AccessPolicy", "SealedStorage", "ObjectStorage", "KeyManagement", "S3Protocol",
                "Cryptography", "HTTPServer", "CConsoleAssets", "CLinux", "JSON", "Notation", "Threading", nioCore,
                logging,
            ], exclude: ["Assets"]),

        module(
            "STSService",
            [
                "Requests", "Accounts", "AccessPolicy", "S3Protocol", "Certificates", "Cryptography", "HTTPClient",
                "HTTPServer", "JSON", "Notation", "Threading", nioCore,
            ]),

        // Level 7: the composition roots.
        .executableTarget(
            name: "coffer",
            dependencies: [
                "AdminService", "Audit", "Console", "Metrics", "OpenTelemetry", "S3Service", "STSService", "S3Client",
                "Accounts",
                "AccessPolicy", "Maintenance", "MinIODrive", "Requests", "Notifications", "SealedStorage", "KESClient",
                "KESProtocol",
                "HTTPClient",
                "Encryption", "KeyManagement", "S3Protocol", "Certificates", "Cryptography", "ObjectStorage",
                "HTTPServer", "CLinux", "JSON", "Notation", "Systemd", "Threading", nioCore, logging, arguments,
            ],
            swiftSettings: settings, linkerSettings: programLinking),
        .executableTarget(
            name: "coffer-kes",
            dependencies: [
                "KESService", "KESClient", "KeyStores", "KESProtocol", "KeyManagement", "Certificates", "Cryptography",
                "HTTPClient", "HTTPServer", "CLinux", "CWipingHeap", "JSON", "Systemd", "Threading", nioCore, logging,
                arguments,
            ],
            swiftSettings: settings, linkerSettings: programLinking),
        .executableTarget(
            name: "coffer-bench",
            dependencies: [
                "Accounts", "AccessPolicy", "SealedStorage", "KESClient", "KESProtocol", "Encryption", "KeyManagement",
                "S3Protocol", "Certificates", "Cryptography", "ObjectStorage", "CLinux",
                "Notation", "Threading", nioCore, nioPosix, nioHTTP1, nioSSL, grdb, grdbSQLite, arguments,
            ],
            swiftSettings: settings, linkerSettings: programLinking),

        .target(name: "TestSupport", dependencies: [logging], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "HTTPServerTesting", dependencies: ["HTTPServer", nioCore, nioPosix],
            path: "Tests/HTTPServerTesting", swiftSettings: settings),
        .target(
            name: "Fuzz",
            dependencies: [
                "AccessPolicy", "Accounts", "AdminService", "Certificates", "Cryptography", "Encryption", "HTTPServer",
                "JSON", "KESProtocol", "KESService", "KeyManagement", "MinIODrive", "Notation", "ObjectStorage",
                "S3Protocol", "STSService", "SealedStorage", nioCore, nioEmbedded, nioHTTP1, logging,
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: settings),
        tests(of: "Fuzz"),
        tests(of: "Threading"),
        tests(of: "JSON"),
        tests(of: "Notation"),
        tests(of: "Systemd"),
        tests(of: "Cryptography"),
        tests(of: "ObjectStorage"),
        tests(of: "HTTPServer", ["Certificates", "Cryptography", "Notation", nioCore, nioEmbedded, nioHTTP1, logging]),
        tests(of: "KeyManagement", ["Cryptography"]),
        tests(of: "HTTPClient", ["HTTPServer", nioCore, logging]),
        tests(of: "Certificates", ["Cryptography"]),
        tests(of: "KESProtocol", ["KeyManagement", "Certificates", "Cryptography", "JSON"]),
        tests(
            of: "KESClient",
            [
                "HTTPClient", "KESProtocol", "KeyManagement", "Certificates", "Cryptography", "HTTPServer", nioCore,
                logging,
            ]),
        tests(of: "KeyStores", ["KESProtocol", "Cryptography", "JSON", logging]),
        tests(
            of: "KESService",
            [
                "KeyStores", "KESProtocol", "KeyManagement", "Certificates", "Cryptography", "HTTPServer", nioCore,
                logging,
            ]),
        tests(of: "RequestSigning"),
        tests(of: "AccessPolicy", ["JSON"]),
        tests(of: "S3Protocol", ["AccessPolicy", "Cryptography", "Notation"]),
        tests(of: "Encryption", ["KeyManagement", "Cryptography"]),
        tests(of: "MinIODrive", ["KeyManagement", "Cryptography", "JSON"]),
        tests(
            of: "AdminService",
            [
                "AccessPolicy", "Accounts", "Maintenance", "Requests", "SealedStorage", "KeyManagement", "S3Protocol",
                "Cryptography", "ObjectStorage", "HTTPServer", "HTTPServerTesting", "JSON", "Notation", "Threading",
                logging,
            ]),
        tests(
            of: "Console",
            [
                "AccessPolicy", "Accounts", "AdminService", "Maintenance", "Requests", "S3Service", "SealedStorage",
                "KeyManagement", "S3Protocol", "Cryptography", "ObjectStorage", "HTTPServer", "HTTPServerTesting",
                "JSON",
                "Threading", logging,
            ]),
        tests(
            of: "Metrics",
            [
                "AccessPolicy", "Maintenance", "Notifications", "Requests", "SealedStorage", "Encryption",
                "KeyManagement",
                "S3Protocol", "S3Service", "Cryptography", "ObjectStorage", "HTTPServer", "HTTPServerTesting",
                "Notation", "Threading", logging,
            ]),
        tests(of: "Audit", ["Requests", "S3Protocol", "HTTPServer", "JSON"]),
        tests(
            of: "SealedStorage",
            ["ObjectStorage", "Encryption", "KeyManagement", "S3Protocol", "Cryptography", nioCore]),
        tests(
            of: "Accounts",
            [
                "AccessPolicy", "SealedStorage", "KeyManagement", "S3Protocol", "ObjectStorage", "Cryptography", "JSON",
            ]),
        tests(
            of: "Requests",
            [
                "AccessPolicy", "KeyManagement", "S3Protocol", "ObjectStorage", "SealedStorage", "HTTPServer", "JSON",
                "Threading", logging,
            ]),
        tests(
            of: "S3Service",
            [
                "Accounts", "AccessPolicy", "Maintenance", "Requests", "Notifications", "SealedStorage", "Encryption",
                "KeyManagement", "S3Protocol",
                "Cryptography", "ObjectStorage", "HTTPServer", "HTTPServerTesting", "Notation", "Threading", logging,
            ]),
    ]
)

/// The program that `deploy/fuzz` runs, and what libFuzzer has to be told by our modules: only there.
if let library = ProcessInfo.processInfo.environment["COFFER_LIBFUZZER"] {
    let sanitizer = ["-sanitize=address"]
    let coverage = ["-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"]
    for target in package.targets where target.type == .regular && target.swiftSettings != nil {
        target.swiftSettings?.append(.unsafeFlags(sanitizer + coverage))
    }
    // Gold, with which Swift links otherwise, does not know AddressSanitizer's symbols.
    package.targets.append(
        .executableTarget(
            name: "coffer-fuzz", dependencies: ["Fuzz"], path: "Tests/FuzzDriver",
            swiftSettings: settings + [.unsafeFlags(sanitizer)],
            linkerSettings: [.unsafeFlags(sanitizer + ["-use-ld=lld", library, "-lstdc++"])]))
    package.products.append(.executable(name: "coffer-fuzz", targets: ["coffer-fuzz"]))
}
