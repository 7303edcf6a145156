import Glibc
import SystemPackage
import Text

/// The open folder `/proc/PID`: everything read through it is of the same process.
///
/// The descriptor stays with the process that had the pid when it was opened. Once that process is gone,
/// every read fails with ESRCH (or finds nothing), even if the pid has been given to another.
public struct ProcessDirectory: ~Copyable {
  public let pid: Int32
  public let path: FilePath
  /// For readers that open further files of this process.
  public let descriptor: FileDescriptor

  /// Opens the folder of a process below `proc`, usually `/proc`.
  ///
  /// - Returns: `nil` if there is no such process.
  public static func open(pid: Int32, proc: FilePath) throws(HostError) -> ProcessDirectory? {
    let path = proc.appending("\(pid)")
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
      return ProcessDirectory(pid: pid, path: path, descriptor: descriptor)
    } catch {
      let code = Errno(of: error)
      if code == .noSuchFileOrDirectory || code == .noSuchProcess { return nil }
      throw .unreadable(path: path, code)
    }
  }

  private init(pid: Int32, path: FilePath, descriptor: FileDescriptor) {
    self.pid = pid
    self.path = path
    self.descriptor = descriptor
  }

  deinit { try? descriptor.close() }

  /// `/proc/PID/stat`
  public func stat() throws(HostError) -> ProcStat {
    let bytes = try bytes(of: "stat", limitBytes: 16 << 10)
    do { return try ProcStat(parsing: bytes) } catch { throw malformed("stat", error) }
  }

  /// `/proc/PID/status`
  public func status() throws(HostError) -> ProcStatus {
    let bytes = try bytes(of: "status", limitBytes: 64 << 10)
    do { return try ProcStatus(parsing: bytes) } catch { throw malformed("status", error) }
  }

  /// `/proc/PID/io`
  public func io() throws(HostError) -> ProcIO {
    let bytes = try bytes(of: "io", limitBytes: 4 << 10)
    do { return try ProcIO(parsing: bytes) } catch { throw malformed("io", error) }
  }

  /// `/proc/PID/cmdline`: the arguments, separated exactly. (libproc2 splits at newlines as well.)
  ///
  /// - Throws: `HostError.tooLarge` for more than a service of PlaceOS is ever started with.
  public func arguments() throws(HostError) -> [String] {
    NulSeparated(parsing: try bytes(of: "cmdline", limitBytes: 64 << 10)).words
  }

  /// The variables with these names in `/proc/PID/environ`, the environment at the start of the process.
  public func environment(named names: VariableNames) throws(HostError) -> [String: String] {
    let bytes = try bytes(of: "environ", limitBytes: 256 << 10)
    return NulSeparated.environment(in: bytes, named: names)
  }

  /// All of `/proc/PID/environ`; it can hold passwords.
  public func environment() throws(HostError) -> [String: String] {
    NulSeparated(parsing: try bytes(of: "environ", limitBytes: 256 << 10)).environment
  }

  /// `/proc/PID/exe`; `nil` for a process without an executable (a kernel thread, a zombie).
  public func executable() throws(HostError) -> ExecutableFile? {
    guard let link = try link("exe") else { return nil }
    let status = try? FileStatus(at: "exe", in: descriptor)
    return ExecutableFile(link: link, root: try self.link("root") ?? "/", status: status) { path in
      do throws(Errno) {
        // `root` leads into the process's own tree, whatever is mounted there; proc_pid_root(5).
        let found = try FileStatus(at: "root" + path, in: descriptor, followLinks: false)
        return status.map(found.isSameFile) ?? false
      } catch {
        return error == .noSuchFileOrDirectory || error == .notDirectory ? false : nil
      }
    }
  }

  /// The text of a link of this process; `nil` if there is none, or the process is gone.
  public func link(_ name: String) throws(HostError) -> String? {
    let target = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { target in
      let count = readlinkat(descriptor.rawValue, name, target.baseAddress!, target.count)
      return count < 0 ? nil : String(decoding: UnsafeRawBufferPointer(target)[..<count], as: UTF8.self)
    }
    if target == nil, errno != ENOENT, errno != ESRCH {
      throw .unreadable(path: path.appending(name), Errno(rawValue: errno))
    }
    return target
  }

  /// The numeric names in a folder of this process, such as `fd` or `task`, ascending.
  ///
  /// - Throws: `HostError.unreadable`, and `.tooLarge` where there are more than `limit`.
  func entries(of name: String, limit: Int) throws(HostError) -> [Int32] {
    let path = path.appending(name)
    let raw = openat(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard raw >= 0 else { throw .unreadable(path: path, Errno(rawValue: errno)) }
    guard let folder = fdopendir(raw) else {
      let code = Errno(rawValue: errno)
      close(raw)
      throw .unreadable(path: path, code)
    }
    defer { closedir(folder) }
    var numbers: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 } }
      guard let number = Int32(ascii: name) else { continue }
      guard numbers.count < limit else { throw .tooLarge(path: path, limitBytes: limit) }
      numbers.append(number)
    }
    return numbers.sorted()
  }

  /// How many descriptors the process has, `/proc/PID/fd`; proc_pid_fd(5).
  public func descriptorCount() throws(HostError) -> Int { try entries(of: "fd", limit: 1 << 20).count }

  /// All bytes of a file of this process.
  ///
  /// - Throws: `HostError.unreadable`, `.tooLarge`.
  public func bytes(of name: String, limitBytes: Int) throws(HostError) -> [UInt8] {
    let file = openat(descriptor.rawValue, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .unreadable(path: path.appending(name), Errno(rawValue: errno)) }
    let opened = FileDescriptor(rawValue: file)
    defer { try? opened.close() }
    return try FileReader.bytes(
      of: opened, path: path.appending(name), limitBytes: limitBytes,
      isOneRecord: Self.oneRecord.contains(name))
  }

  /// Files that the kernel makes by single_open(), seq_file.rst, or from a buffer.
  private static let oneRecord: Set<String> = ["stat", "status", "cgroup", "auxv", "io"]

  private func malformed(_ name: String, _ error: ParseError) -> HostError {
    .malformed(path: path.appending(name), reason: error.reason)
  }
}

extension HostError {
  /// Whether this error means that the process is gone.
  public var isProcessGone: Bool {
    switch self {
    case .unreadable(_, let code), .process(_, _, let code):
      code == .noSuchProcess || code == .noSuchFileOrDirectory
    default: false
    }
  }
}
