import Glibc
import SystemPackage
import TestSupport

/// A folder that is gone when its test ends, however it ends.
final class Scratch {
  private let folder: ScratchFolder
  var path: String { folder.path.string }

  init() {
    do { folder = try ScratchFolder() } catch { fatalError("no folder in /tmp: \(error)") }
  }

  static func remove(_ path: String) { removeTree(FilePath(path)) }

  /// A path in it.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Makes a folder (and those above it) in it.
  @discardableResult
  func folder(_ name: String) -> String {
    var made = path
    for part in name.split(separator: "/") {
      made += "/" + part
      mkdir(made, 0o755)
    }
    return made
  }

  /// A copy of a file under another name, executable.
  func copy(of file: String, as name: String) throws -> String {
    try Files.copy(file, to: self(name))
    return self(name)
  }
}

/// Whole files.
enum Files {
  static func bytes(_ path: String) throws -> [UInt8] {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
        if count == 0 { return bytes }
        bytes += buffer[..<count]
      }
    }
  }

  /// A copy of an executable at an absolute path; folders that are missing are made.
  static func copy(_ file: String, to path: String) throws {
    make(folderOf: path)
    try write(bytes(file), to: path)
    chmod(path, 0o755)
  }

  /// Makes the folder of a file, and those above it.
  static func make(folderOf file: String) {
    var folder = ""
    for part in file.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
  }

  /// The file's text; empty where there is no such file.
  static func text(_ path: String) -> String {
    String(decoding: (try? bytes(path)) ?? [], as: UTF8.self)
  }

  static func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o644) throws {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .truncate],
      permissions: FilePermissions(rawValue: CInterop.Mode(mode)))
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
