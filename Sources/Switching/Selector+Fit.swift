import Glibc

/// How a word names a container, the surest way first.
enum PlaceFit: Int, Comparable {
  /// It is the container's name, its whole id, its pod's name or `NAMESPACE/POD`.
  case name
  /// The same, ignoring case.
  case nameInOtherCase
  /// A swarm service, with the container as one of its tasks.
  case swarmService
  /// A glob over names.
  case pattern
  /// The beginning of the id.
  case idStart

  static func < (left: PlaceFit, right: PlaceFit) -> Bool { left.rawValue < right.rawValue }
}

extension SelectionSubject.Place {
  /// - Parameter shortestID: the fewest digits of an id that count.
  /// - Returns: `nil` if the word names something else.
  func fit(_ word: String, shortestID: Int) -> PlaceFit? {
    let names = [name, pod, pod.map { "\(namespace ?? "")/\($0)" }, id].compactMap { $0 }
    if names.contains(word) { return .name }
    let lower = word.lowercased()
    if names.contains(where: { $0.lowercased() == lower }) { return .nameInOtherCase }
    if swarmService?.lowercased() == lower { return .swarmService }
    if Glob.isOne(word) { return names.contains { Glob.fits($0, word) } ? .pattern : nil }
    return word.utf8.count >= shortestID && id.hasPrefix(lower) ? .idStart : nil
  }

  /// Whether a word is the name of its pod.
  func isOfPod(_ word: String) -> Bool {
    guard let pod else { return false }
    return [pod, "\(namespace ?? "")/\(pod)"].contains { $0.lowercased() == word.lowercased() }
  }

  /// The service of a swarm's task: `core_api.1.k3v2x0c5qh9d8w7e6r5t4y3u2` is one of `core_api`. A service
  /// that runs on every node has the node's id instead of the number.
  private var swarmService: String? {
    guard let parts = name?.split(separator: ".", omittingEmptySubsequences: false), parts.count >= 3,
      Self.isSwarmID(parts[parts.count - 1]),
      Self.isSwarmID(parts[parts.count - 2]) || parts[parts.count - 2].allSatisfy(\.isNumber)
    else { return nil }
    return parts.dropLast(2).joined(separator: ".")
  }

  /// 25 digits in base 36.
  private static func isSwarmID(_ part: Substring) -> Bool {
    part.utf8.count == 25 && part.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) }
  }
}

/// Patterns as shells have them, fnmatch(3), in any case.
enum Glob {
  static func isOne(_ word: String) -> Bool { word.contains { "*?[".contains($0) } }

  /// FNM_CASEFOLD, which the Glibc module lacks.
  private static let anyCase: Int32 = 1 << 4

  static func fits(_ name: String, _ pattern: String) -> Bool { fnmatch(pattern, name, anyCase) == 0 }
}
