import CProcps
import Glibc
import SystemPackage

/// One row of the process table: as little as the first look needs.
public struct ProcessTableRow: Hashable, Sendable {
  public let pid: Int32
  public let startTicks: UInt64
  public let state: UInt8

  public init(pid: Int32, startTicks: UInt64, state: UInt8) {
    self.pid = pid
    self.startTicks = startTicks
    self.state = state
  }
}

/// Where processes are read from: this machine, or a recorded tree in its place.
public protocol ProcessTable: Sendable {
  /// The folder that has `PID/…`.
  var proc: FilePath { get }

  /// All processes (not their threads). One that ends meanwhile is left out.
  func rows() throws(HostError) -> [ProcessTableRow]

  /// One process in detail; `nil` if it is gone.
  func detail(of pid: Int32) throws(HostError) -> ProcessDetail?
}

extension ProcessTable {
  /// What the link `/proc/PID/exe` says, as it stands; `nil` for a process without an executable, and for one
  /// that is gone.
  ///
  /// - Throws: `HostError.unreadable` for one that may not be looked at.
  public func executableLink(of pid: Int32) throws(HostError) -> String? {
    let path = proc.appending("\(pid)/exe")
    do {
      return try path.readingLink()
    } catch {
      if error == .noSuchFileOrDirectory || error == .noSuchProcess { return nil }
      throw .unreadable(path: path, error)
    }
  }

  /// The id of this boot, `/proc/sys/kernel/random/boot_id`; proc_sys_kernel(5).
  public func bootID() throws(HostError) -> String {
    let path = proc.appending("sys/kernel/random/boot_id")
    let bytes = try FileReader.bytes(at: path, limitBytes: 256)
    let text = bytes.split(separator: UInt8(ascii: "\n")).first ?? []
    guard text.count == 36, text.allSatisfy({ $0 == UInt8(ascii: "-") || $0.hexadecimalValue != nil })
    else { throw .malformed(path: path, reason: "no boot id") }
    return String(decoding: text, as: UTF8.self)
  }
}

extension FilePath {
  fileprivate func readingLink() throws(Errno) -> String {
    var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = withPlatformString { path in
      target.withUnsafeMutableBytes {
        readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
      }
    }
    guard count >= 0 else { throw Errno(rawValue: errno) }
    return String(decoding: target[..<count], as: UTF8.self)
  }
}

/// This machine's process table, through the procps library.
public struct ProcpsTable: ProcessTable {
  /// The library reads `/proc` and nothing else.
  public var proc: FilePath { "/proc" }

  public init() {}

  public func rows() throws(HostError) -> [ProcessTableRow] {
    var code: Int32 = 0
    guard let table = cprocps_table_open(&code) else { throw .processTable(Errno(rawValue: code)) }
    defer { cprocps_table_close(table) }
    var rows: [ProcessTableRow] = []
    var process = cprocps_process()
    while true {
      switch cprocps_table_next(table, &process) {
      case 1:
        rows.append(
          ProcessTableRow(
            pid: process.pid, startTicks: process.start_ticks, state: UInt8(bitPattern: process.state)))
      case 0: return rows
      default: throw .processTable(Errno(rawValue: errno))
      }
    }
  }

  public func detail(of pid: Int32) throws(HostError) -> ProcessDetail? {
    var code: Int32 = 0
    guard let reader = cprocps_reader_open(&code) else { throw .processTable(Errno(rawValue: code)) }
    defer { cprocps_reader_close(reader) }
    var detail = cprocps_detail()
    switch cprocps_reader_read(reader, pid, &detail) {
    case 1: break
    case 0: return nil
    default: throw .process(pid: pid, call: "procps_pids_select", Errno(rawValue: errno))
    }
    do {
      return ProcessDetail(
        startTicks: detail.start_ticks, state: UInt8(bitPattern: detail.state),
        comm: String(cString: detail.comm), controlGroups: Self.lines(detail.cgroups),
        masks: SignalMasks(
          caught: try Self.mask(detail.caught), ignored: try Self.mask(detail.ignored),
          pending: try Self.mask(detail.pending).union(Self.mask(detail.shared_pending))))
    } catch {
      throw .malformed(path: proc.appending("\(pid)/status"), reason: error.reason)
    }
  }

  /// The library gives the lines of a file as a vector of strings; parsers take the file's bytes.
  private static func lines(_ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> [UInt8] {
    guard var next = vector else { return [] }
    var bytes: [UInt8] = []
    while let line = next.pointee {
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: line, count: strlen(line)))
      bytes.append(UInt8(ascii: "\n"))
      next += 1
    }
    return bytes
  }

  private static func mask(_ text: UnsafePointer<CChar>?) throws(ParseError) -> SignalMask {
    guard let text else { throw ParseError("no signal mask") }
    return try SignalMask(parsing: UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}

/// A process table in a folder of files that have the form of `/proc`: a recorded tree.
public struct RecordedProcessTable: ProcessTable {
  public let proc: FilePath

  public init(proc: FilePath) { self.proc = proc }

  public func rows() throws(HostError) -> [ProcessTableRow] {
    var rows: [ProcessTableRow] = []
    for pid in try pids() {
      do {
        guard let process = try ProcessDirectory.open(pid: pid, proc: proc) else { continue }
        let stat = try process.stat()
        rows.append(ProcessTableRow(pid: pid, startTicks: stat.startTicks, state: stat.state))
      } catch {
        // What ended meanwhile has no stat; what may not be looked at (hidepid) has none for us.
        if error.isProcessGone || error.isForbidden { continue }
        throw error
      }
    }
    return rows
  }

  public func detail(of pid: Int32) throws(HostError) -> ProcessDetail? {
    do {
      guard let process = try ProcessDirectory.open(pid: pid, proc: proc) else { return nil }
      let stat = try process.stat()
      let status = try process.status()
      return ProcessDetail(
        startTicks: stat.startTicks, state: stat.state, comm: String(decoding: stat.comm, as: UTF8.self),
        controlGroups: try FileReader.bytes(at: process.path.appending("cgroup"), limitBytes: 1 << 20),
        masks: status.masks)
    } catch {
      if error.isProcessGone { return nil }
      throw error
    }
  }

  private func pids() throws(HostError) -> [Int32] {
    guard let folder = opendir(proc.string) else {
      throw .unreadable(path: proc, Errno(rawValue: errno))
    }
    defer { closedir(folder) }
    var pids: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if let pid = Int32(ascii: name), pid > 0 { pids.append(pid) }
    }
    return pids.sorted()
  }
}

extension HostError {
  /// Whether the right to look at it is missing.
  public var isForbidden: Bool {
    switch self {
    case .unreadable(_, let code), .process(_, _, let code):
      code == .permissionDenied || code == .notPermitted
    default: false
    }
  }
}
