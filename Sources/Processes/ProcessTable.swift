import CProcps
import Glibc
import Synchronization
import SystemPackage
import Text

/// Where processes are read from: this machine, or a recorded tree instead.
public protocol ProcessTable: Sendable {
  /// The folder that has `PID/…`.
  var proc: FilePath { get }

  /// One process in detail; `nil` if it is gone.
  func detail(of pid: Int32) throws(HostError) -> ProcessDetail?
}

extension ProcessTable {
  /// The id of this boot, `/proc/sys/kernel/random/boot_id`; proc_sys_kernel(5). In a pid namespace other
  /// than the kernel's first, that namespace's number is appended: a pid there is another process's outside,
  /// and records of one are never taken for the other's; pid_namespaces(7).
  ///
  ///     5b1c1f0a-0d5e-4a1e-9f6e-3d1f6f6f6a01/4026532201
  public func bootID() throws(HostError) -> String {
    let path = proc.appending("sys/kernel/random/boot_id")
    let bytes = try FileReader.bytes(at: path, limitBytes: 256)
    let text = bytes.split(separator: UInt8(ascii: "\n")).first ?? []
    guard text.count == 36, text.allSatisfy({ $0 == UInt8(ascii: "-") || $0.hexadecimalValue != nil })
    else { throw .malformed(path: path, reason: "no boot id") }
    let id = String(decoding: text, as: UTF8.self)
    guard let namespace = try? FileStatus(at: proc.appending("self/ns/pid")),
      namespace.inode != FileStatus.firstPIDNamespace
    else { return id }
    return "\(id)/\(namespace.inode)"
  }
}

extension FileStatus {
  /// The inode of the kernel's initial pid namespace: `PROC_PID_INIT_INO` of linux/proc_ns.h.
  static let firstPIDNamespace: UInt64 = 0xEFFF_FFFC
}

/// This machine's processes, read in detail through the procps library.
public struct ProcpsTable: ProcessTable {
  /// The library reads only `/proc`.
  public var proc: FilePath { "/proc" }

  private let reader = DetailReader()

  public init() {}

  public func detail(of pid: Int32) throws(HostError) -> ProcessDetail? {
    try reader.read(pid) { detail in
      ProcessDetail(
        startTicks: detail.start_ticks, comm: String(cString: detail.comm),
        controlGroups: Self.lines(detail.cgroups))
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
}

/// The library's reader, opened when first needed and then kept.
private final class DetailReader: Sendable {
  private struct Handle: @unchecked Sendable {
    // Used only under the lock.
    var pointer: OpaquePointer?
  }
  private let handle = Mutex(Handle())

  deinit { handle.withLock { cprocps_reader_close($0.pointer) } }

  /// Reads one process; `nil` if it is gone. What `body` gets is valid only during its call.
  func read<Value: Sendable>(
    _ pid: Int32, _ body: (cprocps_detail) -> Value
  ) throws(HostError) -> Value? {
    try handle.withLock { handle throws(HostError) -> Value? in
      if handle.pointer == nil {
        var code: Int32 = 0
        handle.pointer = cprocps_reader_open(&code)
        if handle.pointer == nil { throw .processTable(Errno(rawValue: code)) }
      }
      var detail = cprocps_detail()
      switch cprocps_reader_read(handle.pointer, pid, &detail) {
      case 1: return body(detail)
      case 0: return nil
      default: throw .process(pid: pid, call: "procps_pids_select", Errno(rawValue: errno))
      }
    }
  }
}

/// A process table in a folder of files in the form of `/proc`: a recorded tree.
public struct RecordedProcessTable: ProcessTable {
  public let proc: FilePath

  public init(proc: FilePath) { self.proc = proc }

  public func detail(of pid: Int32) throws(HostError) -> ProcessDetail? {
    do {
      guard let process = try ProcessDirectory.open(pid: pid, proc: proc) else { return nil }
      let stat = try process.stat()
      return ProcessDetail(
        startTicks: stat.startTicks, comm: String(decoding: stat.comm, as: UTF8.self),
        controlGroups: try FileReader.bytes(at: process.path.appending("cgroup"), limitBytes: 1 << 20))
    } catch {
      if error.isProcessGone { return nil }
      throw error
    }
  }
}

extension HostError {
  /// Whether the error is a missing right.
  public var isForbidden: Bool {
    switch self {
    case .unreadable(_, let code), .process(_, _, let code):
      code == .permissionDenied || code == .notPermitted
    default: false
    }
  }
}
