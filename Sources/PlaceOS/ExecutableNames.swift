import Text

/// The first question that is asked of a process: whether its executable's path is one that a process of PlaceOS
/// could have. On bytes, and without making anything, as it is asked of every process of the host.
public struct ExecutableNames: Hashable, Sendable {
  private let names: [[UInt8]]
  private let driverFolder: [UInt8]?

  init(of paths: [String], driverFolder: String?) {
    let bases = paths.map { Array(Path.lastComponent(of: $0).utf8) }
    names = Set(bases).sorted { $0.lexicographicallyPrecedes($1) }
    self.driverFolder = driverFolder.map { Array($0.utf8) }
  }

  /// Whether a process that executes the file `path` may be PlaceOS's: whatever else it is need not be looked at.
  ///
  /// In a chroot, or in a container seen from the host, the path may have more in front.
  public func include(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
    let slash = path.lastIndex(of: UInt8(ascii: "/")) ?? -1
    let base = path[(slash + 1)...]
    if Self.isRuby(base) { return true }
    if let driverFolder, slash + 1 >= driverFolder.count,
      path[(slash + 1 - driverFolder.count)...slash].elementsEqual(driverFolder)
    {
      return true
    }
    return names.contains { $0.count == base.count && $0.elementsEqual(base) }
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
