import Processes
import SystemPackage
import Text

extension LogSource {
  /// One of the files of a log.
  struct Link {
    let path: FilePath
    let status: FileStatus
  }

  /// More than any runtime keeps.
  private static let limitLinks = 128

  /// The uncompressed files of the log, oldest first.
  ///
  /// - Docker, logrotate: `log.2`, `log.1`, `log`; a file beyond a gap is older than a compressed one.
  /// - Kubernetes: `0.log.20261122-123944`, `0.log`, `1.log`, in the order in which they were last written
  ///   to.
  func chain() throws(HostError) -> [Link] {
    switch place {
    case .standardOutput: return []
    case .file(let path):
      let path = files.below(path)
      guard let newest = Self.link(path), newest.status.isRegular else { return [] }
      var links = [newest]
      while links.count < Self.limitLinks, let older = Self.link(FilePath("\(path.string).\(links.count)")),
        older.status.isRegular
      {
        links.append(older)
      }
      return links.reversed()
    case .folder(let folder):
      return try podLinks(in: folder).filter(\.status.isRegular).suffix(Self.limitLinks)
    }
  }

  /// Everything with the name of a pod's log, in the order in which it was last written to: after a restart
  /// of the node the numbers begin again, and an older `3.log` lies beside the current `0.log`.
  private func podLinks(in folder: FilePath) throws(HostError) -> [Link] {
    let names: [String]
    do { names = try files.names(in: folder) } catch {
      if error.isMissingFile { return [] }
      throw error
    }
    let links = names.compactMap(PodLogName.init(parsing:)).sorted()
      .compactMap { Self.link(files.below(folder).appending($0.name)) }
    return links.enumerated()
      .sorted { ($0.element.status.modified, $0.offset) < ($1.element.status.modified, $1.offset) }
      .map(\.element)
  }

  /// The current log of a pod's container; `nil` if there is none.
  func currentPodLog(in folder: FilePath) throws(HostError) -> FilePath? {
    try podLinks(in: folder).last { PodLogName(parsing: $0.path.lastComponent?.string ?? "")?.stamp == nil }?
      .path
  }

  private static func link(_ path: FilePath) -> Link? {
    (try? FileStatus(at: path, followLinks: false)).map { Link(path: path, status: $0) }
  }
}

/// The name of a file in a container's folder below `/var/log/pods`: `0.log`, `0.log.20261122-123944`.
struct PodLogName: Comparable {
  let name: String
  let start: Int
  /// `nil` for the current one.
  let stamp: String?

  /// - Returns: `nil` for any other name, and for a file that is compressed or being compressed (`.gz`,
  ///   `.tmp`).
  init?(parsing name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, parts[1] == "log", let start = Int(ascii: parts[0].utf8)
    else { return nil }
    if parts.count == 3 {
      guard parts[2].utf8.first.map({ (0x30...0x39).contains($0) }) == true else { return nil }
    }
    (self.name, self.start) = (name, start)
    stamp = parts.count == 3 ? String(parts[2]) : nil
  }

  static func < (left: PodLogName, right: PodLogName) -> Bool {
    guard left.start == right.start else { return left.start < right.start }
    guard let one = left.stamp else { return false }
    return right.stamp.map { one < $0 } ?? true
  }
}
