// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "bouncelog",
  products: [
    .executable(name: "bouncelog", targets: ["bouncelog"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // The data flows from the bottom of this list to its top: bytes, lines, records, outcomes,
    // tallies, reports. A target knows only those below it.
    .executableTarget(
      name: "bouncelog",
      dependencies: [
        "SiteConfig", "Alerting", "State", "Reporting", "Tracing", "Aggregation", "Correlation",
        "BounceMessages", "LogPatterns", "ReplyReasons", "PatternFiles", "MailTerms",
        "LogReading", "CShims",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "SiteConfig",
      dependencies: [
        "Alerting", "State", "Reporting", "Aggregation", "Correlation", "PatternFiles", "MailTerms",
      ]),
    .target(name: "Alerting", dependencies: ["State", "Correlation", "MailTerms"]),
    .target(
      name: "State",
      dependencies: [
        "Aggregation", "Correlation", "LogReading", "MailTerms",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .target(
      name: "Reporting",
      dependencies: [
        "Tracing", "Aggregation", "Correlation", "LogPatterns", "PatternFiles", "MailTerms",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      exclude: ["Templates"], plugins: ["EmbedFiles"]),
    .target(
      name: "Tracing",
      dependencies: ["Correlation", "LogPatterns", "LogReading", "MailTerms", "Threads", "CShims"]),
    .target(name: "Aggregation", dependencies: ["Correlation", "MailTerms"]),
    .target(
      name: "Correlation",
      dependencies: ["ReplyReasons", "LogPatterns", "PatternFiles", "MailTerms"]),
    .target(
      name: "ReplyReasons", dependencies: ["PCRE2", "PatternFiles", "MailTerms"],
      plugins: ["EmbedFiles"]),
    .target(
      name: "LogPatterns",
      dependencies: ["PCRE2", "PatternFiles", "MailTerms", "Threads", "CShims"],
      plugins: ["EmbedFiles"]),
    .target(name: "PatternFiles", dependencies: ["MailTerms", "TOMLKit"]),
    .target(name: "BounceMessages", dependencies: ["MailTerms"]),
    .target(name: "MailTerms", dependencies: ["CShims"]),
    .target(
      name: "LogReading",
      dependencies: ["MailTerms", "Threads", "CZlib", "CLzma", "CZstd", "CBzip2", "CShims"]),
    .target(name: "Threads"),
    .target(name: "PCRE2", dependencies: ["CPCRE2"]),

    .target(name: "CShims"),
    .systemLibrary(
      name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),

    .plugin(
      name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"],
      path: "Sources/EmbedFiles"),
    .executableTarget(name: "embed-files", dependencies: ["PatternFiles", "MailTerms"]),

    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "PCRE2Tests", dependencies: ["PCRE2"]),
    .testTarget(
      name: "BounceMessagesTests", dependencies: ["BounceMessages", "MailTerms", "TestSupport"]),
    .testTarget(name: "MailTermsTests", dependencies: ["MailTerms", "TestSupport"]),
    .testTarget(
      name: "LogPatternsTests",
      dependencies: ["LogPatterns", "LogReading", "MailTerms", "PatternFiles", "TestSupport"]),
    .testTarget(
      name: "ReplyReasonsTests",
      dependencies: ["ReplyReasons", "MailTerms", "PatternFiles", "TestSupport"],
      exclude: ["replies.tsv"]),
    .testTarget(
      name: "CorrelationTests",
      dependencies: [
        "Aggregation", "Correlation", "LogPatterns", "MailTerms", "PatternFiles", "Reporting",
        "TestSupport",
      ]),
    .testTarget(
      name: "ReportingTests",
      dependencies: [
        "Aggregation", "Correlation", "LogPatterns", "MailTerms", "PatternFiles", "Reporting",
        "TestSupport",
      ]),
    .testTarget(name: "AlertingTests", dependencies: ["Alerting"]),
    .testTarget(
      name: "BouncelogTests",
      dependencies: [
        "bouncelog", "TestSupport",
        // For states that no run of bouncelog leaves behind.
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .testTarget(
      name: "LogReadingTests",
      dependencies: ["LogReading", "CZlib", "CLzma", "CZstd", "CBzip2", "TestSupport"]),
  ]
)

// One set of strict settings for every target of ours; a warning is an error.
for target in package.targets
where ![.system, .plugin].contains(target.type) && target.name != "CShims" {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .swiftLanguageMode(.v6),
      .strictMemorySafety(),
      .treatAllWarnings(as: .error),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      .enableUpcomingFeature("InferIsolatedConformances"),
      .enableExperimentalFeature("Lifetimes"),
    ]
}
