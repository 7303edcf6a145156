import Glibc

/// The machine that `scripts/test` makes for the tests, and what it says of itself in the environment.
enum TestMachine {
  static var isHere: Bool { variable("PLACEOS_LOGLEVEL_TEST_MACHINE") == "1" }

  /// The program that is tested: the release build.
  static var program: String { required("PLACEOS_LOGLEVEL_BINARY") }

  /// A compiled fixture: a stand-in such as `toggle-static`, or `decoy`.
  static func fixture(_ name: String) -> String { required("PLACEOS_LOGLEVEL_FIXTURES") + "/" + name }

  /// The checkout.
  static var checkout: String {
    // …/Tests/EndToEndTests/TestMachine.swift
    String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
  }

  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func required(_ name: String) -> String {
    guard let value = variable(name) else { fatalError("\(name) is not set: run scripts/test") }
    return value
  }
}
