import Processes
import SystemPackage
import Text

/// What the agent has measured of processes in debug mode; `status` shows it. It decides nothing.
public struct WriteFigures: Hashable, Codable, Sendable {
  public struct Figure: Hashable, Codable, Sendable {
    public var pid: Int32
    public var startTicks: UInt64
    /// The mean over the last seconds.
    public var writeBytesPerSecond: UInt64
    /// What is left on the file system of its log; `nil` if that could not be read.
    public var freeBytes: UInt64?

    public init(pid: Int32, startTicks: UInt64, writeBytesPerSecond: UInt64, freeBytes: UInt64?) {
      self.pid = pid
      self.startTicks = startTicks
      self.writeBytesPerSecond = writeBytesPerSecond
      self.freeBytes = freeBytes
    }

    private enum CodingKeys: String, CodingKey {
      case pid
      case startTicks = "start_ticks"
      case writeBytesPerSecond = "write_bytes_per_second"
      case freeBytes = "free_bytes"
    }

    /// How long the disk lasts at that rate, seconds; `nil` if nothing is written.
    public var diskLastsSeconds: UInt64? {
      guard writeBytesPerSecond > 0, let freeBytes else { return nil }
      return freeBytes / writeBytesPerSecond
    }
  }

  public var bootID: String
  /// When they were measured.
  public var at: BootTime
  public var figures: [Figure]

  public init(bootID: String, at: BootTime, figures: [Figure]) {
    self.bootID = bootID
    self.at = at
    self.figures = figures
  }

  /// The figure of a process; `nil` if there is no fresh one.
  public func figure(of identity: ProcessIdentity, now: BootTime) -> Figure? {
    guard identity.bootID == bootID, now - at < Self.fresh else { return nil }
    return figures.first { $0.pid == identity.pid && $0.startTicks == identity.startTicks }
  }

  /// The agent measures every five seconds.
  private static let fresh = Duration.seconds(30)

  private enum CodingKeys: String, CodingKey {
    case figures
    case bootID = "boot_id"
    case at = "at_boottime_ns"
  }

  /// - Throws: `LedgerError.damaged`.
  public init(parsing bytes: [UInt8], path: FilePath) throws(LedgerError) {
    self = try PlainDocument.body(Self.self, parsing: bytes, path: path)
  }

  func fileBytes(path: FilePath) throws(LedgerError) -> [UInt8] {
    try PlainDocument.bytes(of: self, path: path)
  }
}

extension StateDirectory {
  private static let figuresName = "figures.json"

  /// What the agent has measured; `nil` if there is nothing readable.
  public func readFigures() -> WriteFigures? {
    guard let bytes = (try? files.bytes(of: Self.figuresName, limitBytes: Self.limitBytes)) ?? nil else {
      return nil
    }
    return try? WriteFigures(parsing: bytes, path: path.appending(Self.figuresName))
  }

  /// Writes `figures` for `status`. Needs no lock: only the agent writes them.
  ///
  /// - Throws: `LedgerError.unwritable`, `.unrecordable`, `.replacedNotSynced`.
  public func writeFigures(_ figures: WriteFigures) throws(LedgerError) {
    let bytes = try figures.fileBytes(path: path.appending(Self.figuresName))
    try files.replace(Self.figuresName, with: bytes)
  }
}

extension WriteFigures.Figure {
  /// What it writes, and how long the disk lasts.
  public var sentence: String {
    let lasts = diskLastsSeconds.map { seconds in
      seconds > Int64.max / 1_000_000_000 ? "" : ", the disk lasts \(DurationText(.seconds(seconds)))"
    }
    return "writes \(ByteText(writeBytesPerSecond))/s\(lasts ?? "")"
  }
}
