/// What a core's log says against a driver.
public struct DriverTrouble: Hashable, Sendable {
  public enum Kind: String, Sendable { case ended, notCompiled }
  public let kind: Kind
  /// The name of the driver's executable, as far as the entry gives it.
  public let driver: String?

  /// - Parameters:
  ///   - record: the entry's first line. A driver's own lines have its name as their program.
  ///   - text: the entry with the further lines of an exception.
  /// - Returns: `nil` for an entry that says nothing against a driver.
  public init?(_ record: LogRecord, text: [UInt8]) {
    let found = text.withUnsafeBytes { Self.table.found(in: $0) }
    guard let first = found.min() else { return nil }
    kind = first < Self.compilation.count ? .notCompiled : .ended
    let isDrivers = record.program.map { !["core", "edge", "engine-core"].contains($0) } ?? false
    // An uncaught exception has no program: it may be core's own.
    if kind == .ended, !isDrivers { return nil }
    let named = record.data.first { ["driver_key", "driver_path", "executable", "driver"].contains($0.key) }
    let name = isDrivers ? record.program : named?.value
    driver = name?.split(separator: "/").last.map(String.init)
  }

  /// Whether a line can be one of them; cheap enough for every line.
  public static func isLikely(_ text: [UInt8]) -> Bool {
    !text.withUnsafeBytes { table.found(in: $0) }.isEmpty
  }

  private static let compilation = [
    "failed to compile driver", "failed to download compiled driver binary",
    "created for a driver that is not compiled",
  ]
  private static let table = SignTable(compilation + ["terminating process", "Unhandled exception"])
}
