import Text

/// The first question asked of a process: could the path of its executable be that of a PlaceOS process?
/// Answered on bytes and without allocating, as it is asked of every process on the host.
public struct ExecutableNames: Hashable, Sendable {
  private let names: [[UInt8]]
  private let driverFolder: [UInt8]?

  init(of paths: [String], driverFolder: String?) {
    let bases = paths.map { Array(Path.lastComponent(of: $0).utf8) }
    names = Set(bases).sorted { $0.lexicographicallyPrecedes($1) }
    self.driverFolder = driverFolder.map { Array($0.utf8) }
  }

  /// Whether a process that executes the file `path` may belong to PlaceOS: any other can be skipped.
  ///
  /// In a chroot, or in a container seen from the host, the path may have a longer prefix.
  public func include(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
    let slash = path.lastIndex(of: UInt8(ascii: "/")) ?? -1
    let base = path[(slash + 1)...]
    if Self.isRuby(base) || Self.isEmulator(base) { return true }
    if let driverFolder, slash + 1 >= driverFolder.count,
      path[(slash + 1 - driverFolder.count)...slash].elementsEqual(driverFolder)
    {
      return true
    }
    return names.contains { $0.count == base.count && $0.elementsEqual(base) }
  }

  /// What runs a program of another architecture: `qemu-aarch64`, `qemu-x86_64-static`, Rosetta. binfmt_misc
  /// (the kernel's admin guide) executes it instead of the program, whose path becomes its first argument.
  static func isEmulator(_ base: some Collection<UInt8>) -> Bool {
    if base.elementsEqual("rosetta".utf8) || base.elementsEqual("box64".utf8) { return true }
    return base.starts(with: "qemu-".utf8) && !base.starts(with: "qemu-system-".utf8)
  }

  /// `ruby`, `ruby3.2`, or Puma's own launcher.
  static func isRuby(_ base: some Collection<UInt8>) -> Bool {
    if base.elementsEqual("puma".utf8) { return true }
    return base.starts(with: "ruby".utf8)
      && base.dropFirst(4).allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
      }
  }
}
