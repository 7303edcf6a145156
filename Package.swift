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
  "TestSupport", "Text", "PlaceOS", "Processes", "Executables", "Containers", "Logs", "Ledger", "Switching",
  "Configuration", "Report", "Agent", "Diagnosis", system,
]
let fuzzTarget: Target =
  Context.environment["PLACEOS_LOGLEVEL_FUZZ"] == nil
  ? .testTarget(
    name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "FuzzProgram.swift"],
    swiftSettings: strict)
  : .executableTarget(
    name: "fuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Corpus", "FuzzTests.swift"],
    swiftSettings: strict)

/// A room of the house, and the rooms and libraries that it may import.
func room(_ name: String, _ doors: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: doors, swiftSettings: strict)
}

/// The tests of a room, and what else they import.
func suite(_ name: String, of room: String, _ others: Target.Dependency..., exclude: [String] = []) -> Target
{
  .testTarget(
    name: name, dependencies: [.byName(name: room)] + others, exclude: exclude, swiftSettings: strict)
}

// The procps library behind CProcps: libprocps (3) only if it is here and libproc2 (4) is not. Both compiler
// and linker have to know; the variable overrides it.
let isProcps3Here =
  access("/usr/include/proc/readproc.h", R_OK) == 0 && access("/usr/include/libproc2/pids.h", R_OK) != 0
let procpsGeneration = Context.environment["PLACEOS_LOGLEVEL_PROCPS"] ?? (isProcps3Here ? "3" : "4")

let package = Package(
  name: "placeos-loglevel",
  products: [
    .executable(name: "placeos-loglevel", targets: ["placeos-loglevel"])
  ],
  dependencies: [
    .package(
      url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    .package(url: "https://github.com/apple/swift-system", .upToNextMinor(from: "1.8.1")),
    .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
  ],
  targets: [
    // The rooms and their doors: an import that is not listed here does not compile.
    // The static library: nothing uses the shared one's dependencies (see unasked.c).
    .target(
      name: "CProcps", cSettings: [.define("CPROCPS_GENERATION", to: procpsGeneration)],
      linkerSettings: [.linkedLibrary(procpsGeneration == "3" ? ":libprocps.a" : ":libproc2.a")]),
    .target(name: "CLinux"),
    room("Text", []),
    room("PlaceOS", ["Text"]),
    room("Processes", ["CProcps", "CLinux", "Text", system]),
    room("Executables", ["CLinux", "Processes", "Text", system]),
    room("Containers", ["Processes", "Text", system]),
    room("Logs", ["CLinux", "Containers", "Processes", "Text", system]),
    room("Ledger", ["CLinux", "Containers", "Processes", "Text", system]),
    room(
      "Switching",
      ["PlaceOS", "Processes", "Executables", "Containers", "Logs", "Ledger", "Text", system]),
    room("Diagnosis", ["CLinux", "PlaceOS", "Processes", "Containers", "Logs", "Text", system]),
    room("Configuration", ["PlaceOS", "Processes", "Text", system]),
    room(
      "Report",
      [
        "PlaceOS", "Processes", "Containers", "Ledger", "Switching", "Configuration", "Diagnosis", "Text",
        system,
      ]),
    room(
      "Agent",
      [
        "CLinux", "PlaceOS", "Processes", "Containers", "Logs", "Ledger", "Switching", "Configuration",
        "Text",
        logging, system,
      ]),
    .executableTarget(
      name: "placeos-loglevel",
      dependencies: [
        "CLinux", "PlaceOS", "Processes", "Containers", "Logs", "Ledger", "Switching", "Configuration",
        "Report", "Agent", "Diagnosis", "Text", logging, arguments, system,
      ],
      swiftSettings: strict),

    // What several test suites need.
    .target(
      name: "TestSupport", dependencies: ["Processes", "Text", system], path: "Tests/TestSupport",
      swiftSettings: strict),
    // Trees of files that stand for a host.
    .target(
      name: "HostTree", dependencies: ["TestSupport", "Containers", "Processes", system],
      path: "Tests/HostTree",
      exclude: ["Recorded"], swiftSettings: strict),
    suite("TextTests", of: "Text", "TestSupport"),
    suite("PlaceOSTests", of: "PlaceOS", "Text"),
    suite(
      "ProcessesTests", of: "Processes", "TestSupport", "CProcps", "Text", system, exclude: ["Recorded"]),
    suite(
      "ExecutablesTests", of: "Executables", "TestSupport", "Processes", "Text", system, exclude: ["Recorded"]
    ),
    suite(
      "ContainersTests", of: "Containers", "HostTree", "TestSupport", "Processes", "Text", system),
    suite("LogsTests", of: "Logs", "HostTree", "TestSupport", "Containers", "Processes", "Text", system),
    suite("LedgerTests", of: "Ledger", "TestSupport", "Containers", "Processes", "Text", system),
    suite(
      "SwitchingTests", of: "Switching", "TestSupport", "PlaceOS", "Processes", "Executables", "Containers",
      "Logs", "Ledger", "Text", system),
    suite("DiagnosisTests", of: "Diagnosis", "PlaceOS", "Processes", "Containers", "Text"),
    suite("ConfigurationTests", of: "Configuration", "TestSupport", "PlaceOS", "Processes", "Text", system),
    suite(
      "ReportTests", of: "Report", "TestSupport", "Switching", "Configuration", "PlaceOS", "Processes",
      "Containers",
      "Ledger", "Diagnosis", "Text", system),
    suite(
      "AgentTests", of: "Agent", "TestSupport", "Switching", "Ledger", "Processes", "Containers",
      "Configuration", "Text",
      logging, system),
    .testTarget(
      name: "EndToEndTests", dependencies: ["TestSupport", "Containers", "Processes", "Text", system],
      swiftSettings: strict),
    fuzzTarget,
  ],
  swiftLanguageModes: [.v6]
)

// For scripts/procps3: only the tests of the door to procps, with what they depend on.
if Context.environment["PLACEOS_LOGLEVEL_ONLY_PROCPS"] != nil {
  package.targets.removeAll {
    !["CProcps", "CLinux", "Text", "Processes", "TestSupport", "ProcessesTests"].contains($0.name)
  }
  package.targets.first { $0.name == "ProcessesTests" }?.sources = [
    "CProcpsTests.swift", "ProcessTableTests.swift", "SpawnedChild.swift",
  ]
  package.products = []
}
