import FoundationEssentials
import Glibc
import Processes
import SystemPackage
import TestSupport

@testable import Ledger

/// Runs `body` with the path of a new empty directory, which is gone afterwards, whatever happens.
@discardableResult
func withScratch<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: (FilePath) async throws -> Result
) async throws -> Result {
  let folder = try ScratchFolder()
  defer { withExtendedLifetime(folder) {} }
  return try await body(folder.path)
}

let me = geteuid()
let isRoot = me == 0
/// Tests that mount file systems run only where the environment says that the machine is for it.
let mayMount = isRoot && getenv("PLACEOS_LOGLEVEL_TEST_MACHINE").map { String(cString: $0) } == "1"

func put(_ bytes: some Sequence<UInt8>, at path: FilePath, mode: UInt32 = 0o600) {
  let bytes = Array(bytes)
  let raw = open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  precondition(raw >= 0 && write(raw, bytes, bytes.count) == bytes.count)
  precondition(fchmod(raw, mode) == 0)
  close(raw)
}

func contents(of path: FilePath) -> [UInt8]? {
  try? FileReader.bytes(at: path, limitBytes: 1 << 30)
}

func names(in path: FilePath) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []).sorted()
}

func permissions(of path: FilePath) -> UInt32? {
  try? FileStatus(at: path, followLinks: false).permissions
}

/// The error that `body` throws.
func failure(of body: () throws(LedgerError) -> Void) -> LedgerError? {
  do { try body() } catch { return error }
  return nil
}

/// Runs `body` in a thread of its own each, at the same time, and waits for all.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  final class Job {
    let index: Int
    let body: @Sendable (Int) -> Void
    init(_ index: Int, _ body: @escaping @Sendable (Int) -> Void) {
      self.index = index
      self.body = body
    }
  }
  let threads = (0..<count).map { index in
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(index, body)).toOpaque()
    let failed = pthread_create(
      &thread, nil,
      { raw in
        let job = Unmanaged<Job>.fromOpaque(raw!).takeRetainedValue()
        job.body(job.index)
        return nil
      }, job)
    precondition(failed == 0)
    return thread
  }
  for thread in threads { pthread_join(thread, nil) }
}
