import Glibc
import Processes
import SystemPackage

/// Reads the level of one process from its own memory: what it executes, where its flag is, and what that
/// says.
public struct TraceFlagReader: Sendable {
  /// What the executable says of itself.
  public let executable: ExecutableSymbols
  /// The flag in the memory of the process, if its executable has one; or why it could not be found there.
  public let flag: Result<TraceFlag, HostError>?

  /// How much of `/proc/PID/maps` is read: by default a process has at most 65,530 mappings.
  private static let mapsLimitBytes = 32 << 20

  /// Opens a process as it is now. After an execve(2) it must be opened again.
  ///
  /// - Parameters:
  ///   - process: its open folder, so that everything read here is of the same process.
  ///   - cache: where flags were found earlier; what is found now is added.
  /// - Throws: `HostError` if the executable cannot be read, or is of a kind that PlaceOS does not have. (A
  ///   process that is ending has none: ENOENT or ESRCH.)
  public init(
    process: borrowing ProcessDirectory, cache: inout SymbolCache
  ) throws(HostError) {
    self.init(try Self.executable(of: process, cache: &cache), of: process)
  }

  /// What the executable of a process says of itself.
  ///
  /// - Throws: as ``init(process:cache:)``.
  public static func executable(
    of process: borrowing ProcessDirectory, cache: inout SymbolCache
  ) throws(HostError) -> ExecutableSymbols {
    let file = try open("exe", in: process)
    defer { try? file.close() }
    return try ExecutableSymbols.read(from: file, path: process.path.appending("exe"), cache: &cache)
  }

  /// Opens a process whose executable has already been read.
  public init(_ executable: ExecutableSymbols, of process: borrowing ProcessDirectory) {
    self.executable = executable
    guard let symbol = executable.traceFlag else {
      flag = nil
      return
    }
    do {
      flag = .success(try Self.locate(symbol, of: executable, in: process))
    } catch {
      flag = .failure(error)
    }
  }

  /// Whether the process is in debug mode, read now; `nil` if its executable has no flag, or the flag is
  /// neither 0 nor 1. Costs one call of process_vm_readv(2).
  ///
  /// - Throws: why the flag could not be found, or read; see `TraceFlag.read()` for what the caller has to
  ///   know of the pid.
  public func read() throws(HostError) -> Bool? {
    try flag?.get().read()
  }

  /// As `read()`, and certain to be of the process behind `process` and of the executable that was read:
  /// three calls instead of one.
  ///
  /// - Throws: ESRCH, too, if the process has ended, and ESTALE if it now executes another file.
  public func read(of process: borrowing ProcessDirectory) throws(HostError) -> Bool? {
    let value = try read()
    // After the read: while the process exists, nobody else can have had its pid.
    let status: FileStatus
    do {
      status = try FileStatus(at: "exe", in: process.descriptor)
    } catch {
      throw .process(
        pid: process.pid, call: "stat", error == .noSuchFileOrDirectory ? .noSuchProcess : error)
    }
    guard executable.identity.matches(status) else {
      throw .process(pid: process.pid, call: "stat", .staleNFSFileHandle)
    }
    return value
  }

  private static func locate(
    _ symbol: TraceFlagSymbol, of executable: ExecutableSymbols, in process: borrowing ProcessDirectory
  ) throws(HostError) -> TraceFlag {
    let entry = executable.isPositionIndependent ? try self.entry(of: process) : executable.entryAddress
    let maps = try process.bytes(of: "maps", limitBytes: mapsLimitBytes)
    do {
      let image = try ExecutableImage(
        of: executable, entry: entry, maps: MemoryMaps(parsing: maps))
      return try TraceFlag(pid: process.pid, symbol: symbol, image: image)
    } catch {
      throw .malformed(path: process.path.appending("maps"), reason: error.reason)
    }
  }

  private static func entry(of process: borrowing ProcessDirectory) throws(HostError) -> UInt64 {
    let auxv = try process.bytes(of: "auxv", limitBytes: 16 << 10)
    do { return try AuxiliaryVector(parsing: auxv).entryAddress } catch {
      throw .malformed(path: process.path.appending("auxv"), reason: error.reason)
    }
  }

  private static func open(
    _ name: String, in process: borrowing ProcessDirectory
  ) throws(HostError) -> FileDescriptor {
    let file = openat(process.descriptor.rawValue, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw .unreadable(path: process.path.appending(name), Errno(rawValue: errno))
    }
    return FileDescriptor(rawValue: file)
  }
}
