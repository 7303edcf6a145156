import CLinux
import Glibc
import Synchronization
import SystemPackage
import Text

/// The first look at all processes, and for most of them the only one: what each executes.
///
/// On a busy host a command spends its time here, so it asks one thing of each process, with one call of
/// readlink(2), and uses all processors.
public struct ProcessScan: Hashable, Sendable {
  /// Every process, ascending; no threads.
  public var pids: [Int32] = []
  /// Those that execute a file with a wanted name, ascending.
  public var wanted: [Int32] = []
  /// Those whose executable may not be read, ascending: who they are is another question.
  public var forbidden: [Int32] = []
  /// Those that could not be read for another reason. Those that ended meanwhile are left out.
  public var unreadable: [HostError] = []

  /// Scans the folder `proc`, which has the form of `/proc`.
  ///
  /// - Parameters:
  ///   - threadLimit: how many threads there may be at most.
  ///   - isWanted: whether a link `exe` may be of interest; proc_pid_exe(5). Called by several threads at
  ///     once.
  /// - Throws: `HostError.unreadable` where the folder itself cannot be read, `.processTable` where no process
  ///   is in it.
  public init(
    of proc: FilePath, threadLimit: Int = 4,
    where isWanted: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> Bool
  ) throws(HostError) {
    let walk: ScanWalk
    do { walk = try ScanWalk(proc, isWanted) } catch { throw .unreadable(path: proc, error) }
    // A single batch is done before another thread could help.
    var first = ScanBatch()
    if try walk.next(into: &first) {
      let helpers = first.isFull ? min(threadLimit, Self.processorCount) - 1 : 0
      let threads = (0..<helpers).compactMap { _ in ScanThread { walk.run(from: ScanBatch()) } }
      walk.run(from: first)
      for thread in threads { thread.join() }
    }
    self = try walk.result()
  }

  fileprivate init() {}

  private static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// One reading of the folder of processes, getdents64(2).
private struct ScanBatch {
  /// A few thousand processes make a dozen of these: enough for threads to share, and few calls.
  static let sizeBytes = 16 << 10
  var entries = [UInt8](repeating: 0, count: Self.sizeBytes)
  var count = 0

  /// Whether it ended for lack of space; the longest entry has a file name of at most 255 bytes.
  var isFull: Bool { count > Self.sizeBytes - 280 }

  /// Every pid in it. An entry is `d_ino` and `d_off` of 8 bytes each, `d_reclen` of 2, `d_type` of 1, and
  /// the name, ending in a zero.
  func forEachPID(_ body: (Int32) -> Void) {
    entries.withUnsafeBytes { entries in
      var start = 0
      while start + 19 <= count {
        let length = Int(entries.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
        guard length > 19, start + length <= count else { return }
        let name = entries[(start + 19)..<(start + length)].prefix { $0 != 0 }
        // Only a process has a number for a name.
        if let pid = Int32(ascii: name), pid > 0 { body(pid) }
        start += length
      }
    }
  }
}

/// A walk over the folder of processes, shared by several threads.
private final class ScanWalk: Sendable {
  private struct Progress {
    var scan = ProcessScan()
    var failure: Errno?
    var isOver = false
  }

  private let proc: FilePath
  private let isWanted: @Sendable (UnsafeBufferPointer<UInt8>) -> Bool
  private let folder: FileDescriptor
  private let progress = Mutex(Progress())

  init(
    _ proc: FilePath, _ isWanted: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> Bool
  ) throws(Errno) {
    self.proc = proc
    self.isWanted = isWanted
    do {
      folder = try FileDescriptor.open(proc, .readOnly, options: [.directory, .closeOnExec])
    } catch { throw Errno(of: error) }
  }

  deinit { try? folder.close() }

  /// Reads the next batch; `false` at its end, or if reading failed.
  func next(into batch: inout ScanBatch) throws(HostError) -> Bool {
    progress.withLock { progress in
      guard !progress.isOver else { return false }
      let count = batch.entries.withUnsafeMutableBytes {
        clinux_getdents64(folder.rawValue, $0.baseAddress, $0.count)
      }
      if count < 0 { progress.failure = Errno(rawValue: errno) }
      progress.isOver = count <= 0
      batch.count = max(0, Int(count))
      return count > 0
    }
  }

  /// Looks at the processes of a batch and of the following ones, until the folder ends.
  func run(from first: ScanBatch) {
    var batch = first
    var found = ProcessScan()
    var link = [UInt8](repeating: 0, count: Int(PATH_MAX))
    var name = [CChar](repeating: 0, count: 24)
    repeat {
      batch.forEachPID { pid in
        found.pids.append(pid)
        Self.write(pid, to: &name)
        let count = link.withUnsafeMutableBytes {
          readlinkat(folder.rawValue, name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        if count >= 0 {
          let isWanted = link.withUnsafeBufferPointer {
            self.isWanted(UnsafeBufferPointer(rebasing: $0[..<count]))
          }
          if isWanted { found.wanted.append(pid) }
        } else {
          switch Errno(rawValue: errno) {
          // A process that has ended, or a kernel thread, has no executable.
          case .noSuchFileOrDirectory, .noSuchProcess: break
          case .permissionDenied, .notPermitted: found.forbidden.append(pid)
          case let error:
            found.unreadable.append(.unreadable(path: proc.appending("\(pid)/exe"), error))
          }
        }
      }
    } while (try? next(into: &batch)) == true
    progress.withLock { $0.scan.add(found) }
  }

  func result() throws(HostError) -> ProcessScan {
    let (scan, failure) = progress.withLock { ($0.scan, $0.failure) }
    if let failure { throw .unreadable(path: proc, failure) }
    // Not even the process that asks is there: this is not a folder of processes, or no longer.
    guard !scan.pids.isEmpty else { throw .processTable(.noSuchProcess) }
    return scan.sorted()
  }

  /// `PID/exe`, ending in a zero.
  private static func write(_ pid: Int32, to name: inout [CChar]) {
    var digits = 1
    var rest = pid
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    rest = pid
    for index in (0..<digits).reversed() {
      name[index] = CChar(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    for (offset, byte) in "/exe\0".utf8.enumerated() { name[digits + offset] = CChar(byte) }
  }
}

extension ProcessScan {
  fileprivate mutating func add(_ other: ProcessScan) {
    pids += other.pids
    wanted += other.wanted
    forbidden += other.forbidden
    unreadable += other.unreadable
  }

  fileprivate func sorted() -> ProcessScan {
    var scan = self
    scan.pids.sort()
    scan.wanted.sort()
    scan.forbidden.sort()
    return scan
  }
}

/// A thread that runs one closure, pthread_create(3).
private final class ScanThread {
  private var thread = pthread_t()

  /// `nil` if the system gives no more threads; the work is then done without it.
  init?(_ body: @escaping @Sendable () -> Void) {
    final class Body: Sendable {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let held = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, held.toOpaque())
    if code != 0 {
      held.release()
      return nil
    }
  }

  func join() { pthread_join(thread, nil) }
}
