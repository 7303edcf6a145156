import Text

/// One line that a service has written at level trace: a service that does is in debug mode.
///
/// ```
/// level=[T] time=2026-11-22T12:39:44Z program=dispatch source=place_os.dispatch message="…"
/// {"level":"TRACE","program":"dispatch","time":"2026-11-22T12:39:44Z","source":"…","message":"…"}
/// ```
/// For a driver it proves nothing: the loggers of its modules have their own levels.
public struct TraceLine: Hashable, Sendable {
  /// The program's name for itself in its log.
  public let program: String
  /// As in ``LevelLine/isForgeable``.
  public let isForgeable: Bool

  /// Every such line has one of these in its first field, escaped once more or not.
  public static let marks = [Array("TRACE".utf8), Array("[T] time=".utf8)]

  /// - Parameter line: one line of output, without its line feed.
  /// - Returns: `nil` for any other line.
  public init?(parsing line: [UInt8]) {
    if line.first == UInt8(ascii: "{") {
      guard let fields = JSONLine(parsing: line[...])?.strings, let severity = fields["level"],
        // Older versions of Crystal pad the name of the level.
        severity.drop(while: { $0 == " " }) == "TRACE", let program = fields["program"]
      else { return nil }
      (self.program, isForgeable) = (program, false)
    } else {
      let start = Array("level=[T] time=".utf8)
      guard line.starts(with: start) else { return nil }
      let words = line.dropFirst(start.count).prefix(256).split(separator: UInt8(ascii: " "), maxSplits: 2)
      let field = Array("program=".utf8)
      guard words.count > 1, words[1].starts(with: field),
        let program = String(validating: words[1].dropFirst(field.count), as: UTF8.self), !program.isEmpty
      else { return nil }
      (self.program, isForgeable) = (program, true)
    }
  }
}
