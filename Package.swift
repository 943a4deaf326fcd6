// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target: Swift 6, explicit existentials and imports, strict memory safety, no warnings.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Overlapping accesses are found by the tests, which check for them; code that ran through them need not check again.
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-cross-module-optimization", "-static-stdlib"],
        .when(configuration: .release)
    ),
]

let package = Package(
    name: "belfry",
    products: [.executable(name: "belfry", targets: ["belfry"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        .target(name: "Kafka", dependencies: ["CRdKafka"], swiftSettings: settings),
        .target(name: "HTTP2", dependencies: ["CLinux", "CNGHTTP2", "COpenSSL"], swiftSettings: settings),
        .target(name: "CurlHTTP", dependencies: ["CCurl", "CLinux"], swiftSettings: settings),
        .target(name: "PushCrypto", dependencies: ["COpenSSL"], swiftSettings: settings),
        // Rounding and roots come from the C mathematics library, which nothing that it imports would bring in.
        .target(name: "CEL", swiftSettings: settings, linkerSettings: [.linkedLibrary("m")]),
        .target(
            name: "PushCore",
            dependencies: [
                "CEL",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .target(name: "PushProviders", dependencies: ["PushCore", "PushCrypto"], swiftSettings: settings),
        .target(
            name: "PushPipeline",
            dependencies: [
                "CurlHTTP", "HTTP2", "Kafka", "PushCore", "PushCrypto", "PushProviders",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ProviderSimulator",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        .target(name: "Yardstick", dependencies: ["CNGHTTP2", "COpenSSL", "HTTP2"], swiftSettings: settings),
        .executableTarget(
            name: "belfry",
            dependencies: [
                "CEL", "Kafka", "ProviderSimulator", "PushCore", "PushCrypto", "PushPipeline", "PushProviders", "HTTP2",
                "Yardstick",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings,
            // Calls into the standard library cost a detour through a table where it is a library of its own.
            linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]
        ),

        .testTarget(name: "ArchitectureTests", swiftSettings: settings),
        .testTarget(name: "CELTests", dependencies: ["CEL", "PushCore"], swiftSettings: settings),
        .testTarget(
            name: "HTTP2Tests",
            dependencies: [
                "HTTP2",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CurlHTTPTests",
            dependencies: [
                "CurlHTTP",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PushCryptoTests",
            dependencies: ["COpenSSL", "PushCrypto", "Yardstick"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PushCoreTests",
            dependencies: [
                "CEL", "COpenSSL", "PushCore",
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "COpenSSL", "PushCore",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PushProvidersTests",
            dependencies: ["PushCore", "PushCrypto", "PushProviders"],
            swiftSettings: settings
        ),
        .testTarget(name: "KafkaTests", dependencies: ["CRdKafka", "Kafka"], swiftSettings: settings),
        .testTarget(
            name: "belfryTests",
            dependencies: [
                "HTTP2", "PushCore", "PushCrypto", "PushPipeline", "PushProviders", "Yardstick", "belfry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "YardstickTests",
            dependencies: ["HTTP2", "ProviderSimulator", "Yardstick"],
            swiftSettings: settings
        ),
        // The executable is what they start.
        .testTarget(name: "SystemTests", dependencies: ["Kafka", "belfry"], swiftSettings: settings),
        .testTarget(
            name: "ProviderSimulatorTests",
            dependencies: [
                "ProviderSimulator",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
    ]
)
