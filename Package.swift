// swift-tools-version: 6.2
import Glibc
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
  "TestSupport", "PlaceOS", "Host", "Ledger", "Switching", "Configuration", "Report", "Agent", system,
]
let fuzzTarget: Target =
  Context.environment["PLACEOS_LOGLEVEL_FUZZ"] == nil
  ? .testTarget(
    name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "FuzzProgram.swift"],
    swiftSettings: strict)
  : .executableTarget(
    name: "fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "FuzzTests.swift"],
    swiftSettings: strict)

// The generation of the procps library that stands behind CProcps: libprocps (3) only where that one is here and
// libproc2 (4) is not. Both compiler and linker have to know; what the variable says wins.
let isProcps3Here =
  access("/usr/include/proc/readproc.h", R_OK) == 0 && access("/usr/include/libproc2/pids.h", R_OK) != 0
let procpsGeneration = Context.environment["PLACEOS_LOGLEVEL_PROCPS"] ?? (isProcps3Here ? "3" : "4")

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
    .target(
      name: "CProcps", cSettings: [.define("CPROCPS_GENERATION", to: procpsGeneration)],
      linkerSettings: [.linkedLibrary(procpsGeneration == "3" ? ":libprocps.a" : ":libproc2.a")]),
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

    // What several suites of tests need.
    .target(name: "TestSupport", dependencies: [system], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "PlaceOSTests", dependencies: ["PlaceOS"], swiftSettings: strict),
    .testTarget(
      name: "HostTests", dependencies: ["TestSupport", "Host", "CProcps", system], exclude: ["Recorded"],
      swiftSettings: strict),
    .testTarget(
      name: "LedgerTests", dependencies: ["TestSupport", "Ledger", "Host", system], swiftSettings: strict),
    .testTarget(
      name: "SwitchingTests",
      dependencies: ["TestSupport", "Switching", "PlaceOS", "Host", "Ledger", system],
      swiftSettings: strict),
    .testTarget(
      name: "ConfigurationTests", dependencies: ["TestSupport", "Configuration", "PlaceOS", "Host", system],
      swiftSettings: strict),
    .testTarget(
      name: "ReportTests",
      dependencies: ["Report", "Switching", "Configuration", "PlaceOS", "Host", "Ledger", system],
      swiftSettings: strict),
    .testTarget(
      name: "AgentTests", dependencies: ["Agent", "Switching", "Ledger", "Host", "Configuration", logging],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["TestSupport", "Host", system], swiftSettings: strict),
    fuzzTarget,
  ],
  swiftLanguageModes: [.v6]
)

// For scripts/procps3: the tests of the door to procps, with what they stand on and nothing else.
if Context.environment["PLACEOS_LOGLEVEL_ONLY_PROCPS"] != nil {
  package.targets.removeAll { !["CProcps", "CLinux", "Host", "TestSupport", "HostTests"].contains($0.name) }
  package.targets.first { $0.name == "HostTests" }?.sources = [
    "CProcpsTests.swift", "ProcessTableTests.swift", "SpawnedChild.swift",
  ]
  package.products = []
}
