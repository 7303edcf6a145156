// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in our own targets, in every configuration.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Tests/Fuzz is a suite of tests; for scripts/fuzz, which sets this variable, it is a program instead.
let fuzzed: [Target.Dependency] = [
  "PlaceOS", "Host", "Ledger", "Switching", "Configuration", "Report", system,
]
let fuzzTarget: Target =
  Context.environment["PLACEOS_LOGLEVEL_FUZZ"] == nil
  ? .testTarget(
    name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "FuzzProgram.swift"],
    swiftSettings: strict)
  : .executableTarget(
    name: "fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "FuzzTests.swift"],
    swiftSettings: strict)

let package = Package(
  name: "placeos-loglevel",
  products: [
    .executable(name: "placeos-loglevel", targets: ["placeos-loglevel"]),
    .executable(name: "placeos-standin", targets: ["placeos-standin"]),
  ],
  dependencies: [
    .package(
      url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    .package(url: "https://github.com/apple/swift-system", .upToNextMinor(from: "1.8.1")),
    .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
  ],
  targets: [
    // The rooms and their doors: an arrow that is not listed here does not compile.
    // The static library: of the shared one's dependencies nothing is used (see unasked.c).
    .target(name: "CProcps", linkerSettings: [.linkedLibrary(":libproc2.a")]),
    .target(name: "CLinux"),
    .target(name: "PlaceOS", swiftSettings: strict),
    .target(name: "Host", dependencies: ["CProcps", "CLinux", system], swiftSettings: strict),
    .target(name: "Ledger", dependencies: ["CLinux", "Host", system], swiftSettings: strict),
    .target(
      name: "Switching", dependencies: ["PlaceOS", "Host", "Ledger", system],
      swiftSettings: strict),
    .target(
      name: "Configuration", dependencies: ["PlaceOS", "Host", system], swiftSettings: strict),
    .target(
      name: "Report",
      dependencies: ["PlaceOS", "Host", "Ledger", "Switching", "Configuration", system],
      swiftSettings: strict),
    .target(
      name: "Agent",
      dependencies: ["CLinux", "PlaceOS", "Host", "Ledger", "Switching", "Configuration", logging, system],
      swiftSettings: strict),
    .executableTarget(
      name: "placeos-loglevel",
      dependencies: [
        "PlaceOS", "Host", "Ledger", "Switching", "Configuration", "Report", "Agent", logging, arguments,
        system,
      ],
      swiftSettings: strict),
    .target(name: "CStandin"),
    .executableTarget(name: "placeos-standin", dependencies: ["CStandin"], swiftSettings: strict),

    .testTarget(name: "PlaceOSTests", dependencies: ["PlaceOS"], swiftSettings: strict),
    .testTarget(
      name: "HostTests", dependencies: ["Host", "CProcps", system], exclude: ["Recorded"],
      swiftSettings: strict),
    .testTarget(name: "LedgerTests", dependencies: ["Ledger", "Host", system], swiftSettings: strict),
    .testTarget(
      name: "SwitchingTests", dependencies: ["Switching", "PlaceOS", "Host", "Ledger"],
      swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests", dependencies: ["Configuration", "PlaceOS", "Host", system],
      swiftSettings: strict),
    .testTarget(
      name: "ReportTests",
      dependencies: ["Report", "Switching", "Configuration", "PlaceOS", "Host", "Ledger", system],
      swiftSettings: strict),
    .testTarget(
      name: "AgentTests", dependencies: ["Agent", "Switching", "Ledger", "Host", "Configuration", logging],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Host", system], swiftSettings: strict),
    fuzzTarget,
  ],
  swiftLanguageModes: [.v6]
)
