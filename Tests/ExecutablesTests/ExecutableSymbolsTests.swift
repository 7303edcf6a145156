import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Executables
@testable import Processes

@Suite("An executable's file")
struct ExecutableSymbolsTests {
  @Test("is told by device, inode, size, time of modification and build id")
  func identity() throws {
    let sample = try ELFFileSample()
    try sample.write(ELFSample().bytes, to: "exe")
    let file = try sample.open("exe")
    defer { try? file.close() }
    let status = try FileStatus(of: file)
    let read = try ExecutableSymbols.read(from: file, path: "exe")
    #expect(
      read.identity
        == ExecutableIdentity(
          device: status.device, inode: status.inode, sizeBytes: Int64(ELFSample().bytes.count),
          modified: 1_700_000_000_000_000_005, buildID: "deadbeef"))
    #expect(read.traceFlag?.kind == .logBackend)
  }

  @Test("is refused where it is a pipe, a device or a folder")
  func notRegular() throws {
    let sample = try ELFFileSample()
    #expect(mkfifo(sample.path("pipe").string, 0o600) == 0)
    for path in [sample.path("pipe"), "/dev/zero", "/dev/null", sample.folder] {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      defer { try? file.close() }
      #expect(throws: HostError.notRegular(path: path)) {
        try ExecutableSymbols.read(from: file, path: path)
      }
    }
  }

  @Test("is refused where it is empty or no executable")
  func noExecutable() throws {
    let sample = try ELFFileSample()
    for (bytes, reason) in [
      ([], "shorter than an ELF header"), (Array("#!/bin/sh\n".utf8), "shorter than an ELF header"),
      ([UInt8](repeating: 65, count: 100), "not an ELF file"),
    ] {
      try sample.write(bytes, to: "exe")
      let file = try sample.open("exe")
      defer { try? file.close() }
      #expect(throws: HostError.malformed(path: "exe", reason: reason)) {
        try ExecutableSymbols.read(from: file, path: "exe")
      }
    }
  }

  @Test("of more bytes than exist (a sparse file) is not read whole")
  func sparse() throws {
    let sample = try ELFFileSample()
    try sample.write(ELFSample().bytes, to: "exe")
    #expect(truncate(sample.path("exe").string, 1 << 40) == 0)
    let file = try sample.open("exe")
    defer { try? file.close() }
    #expect(try ExecutableSymbols.read(from: file, path: "exe").traceFlag != nil)
  }

  static let changes: [(name: String, change: @Sendable (ELFFileSample) throws -> Void)] = [
    ("cut off", { sample in #expect(truncate(sample.path("exe").string, 100) == 0) }),
    ("made longer", { sample in #expect(truncate(sample.path("exe").string, 1 << 20) == 0) }),
    ("written again, with the same size and time", { try $0.write(ELFSample().bytes, to: "exe") }),
    ("replaced by another, with the same time", { try $0.write([1, 2, 3], to: "exe") }),
  ]

  @Test("that changes while it is read gives no answer", arguments: changes.indices, 0..<6)
  func changing(_ change: Int, at step: Int) throws {
    let sample = try ELFFileSample()
    try sample.write(ELFSample().bytes, to: "exe")
    let file = try sample.open("exe")
    defer { try? file.close() }
    // The kernel's clock for such times ticks some 250 times a second.
    usleep(10_000)
    var cache = SymbolCache()
    var steps = 0
    #expect(
      throws: HostError.malformed(path: "exe", reason: "it changed while it was read"),
      "\(Self.changes[change].name), before read \(step)"
    ) {
      try ExecutableSymbols.read(from: file, path: "exe", cache: &cache) {
        file, path, offset, count throws(HostError) in
        let bytes = try ExecutableSymbols.bytes(of: file, path: path, offset: offset, count: count)
        // After the bytes were taken: what follows is of another file.
        if steps == step { try? Self.changes[change].change(sample) }
        steps += 1
        return bytes
      }
    }
    #expect(steps > step)
    #expect(cache.entries.isEmpty)
  }
}
