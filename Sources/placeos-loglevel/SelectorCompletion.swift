import ArgumentParser
import Glibc
import PlaceOS
import Switching

extension CompletionKind {
  /// What can be selected on this host now. A shell asks in the middle of a line: whatever goes wrong, only
  /// words are printed.
  static var selector: CompletionKind {
    .custom { line, index, prefix in
      let typed = TypedSelector(line, index, prefix)
      return words(typed).filter { !typed.others.contains($0) }
    }
  }

  private static func words(_ typed: TypedSelector) -> [String] {
    guard let options = try? PlaceOptions.parse([]) else { return [] }
    let settings = Settings.inAnyCase(options)
    if typed.scheme == "backend" {
      return BackingStore.allCases.map { typed.start + $0.rawValue }
    }
    let found = try? options.pipeline(settings).status(.these([]), isForReport: false)
    let instances = found?.instances ?? []
    if typed.scheme == "pid" { return instances.map { "\(typed.start)\($0.identity.pid)" } }
    let words = Selector.words(selecting: instances.map(SelectionSubject.init))
    // Users other than root may see only part, and be about to run the program as root, with sudo(8). The
    // names of the services are the same everywhere.
    if geteuid() == 0, let found, found.stateProblem == nil { return words }
    return words + settings.catalogue.services.map(\.name).filter { !words.contains($0) }
  }
}

/// What is on the line where a selector is to be completed.
private struct TypedSelector {
  /// `pid` or `backend`, if that and a colon have been typed.
  let scheme: String?
  /// What has to precede the rest: bash takes a colon as the end of a word (COMP_WORDBREAKS), others do not.
  let start: String
  /// What is on the line already.
  let others: Set<String>

  init(_ line: [String], _ index: Int, _ prefix: String) {
    func word(_ offset: Int) -> String { line.indices.contains(index + offset) ? line[index + offset] : "" }
    let current = prefix.isEmpty ? word(0) : prefix
    let schemes = ["pid", "backend"]
    let split = word(0) == ":" ? word(-1) : word(-1) == ":" ? word(-2) : ""
    if let scheme = schemes.first(where: { $0 == split.lowercased() }) {
      (self.scheme, start) = (scheme, "")
    } else if let scheme = schemes.first(where: { current.lowercased().hasPrefix($0 + ":") }) {
      (self.scheme, start) = (scheme, scheme + ":")
    } else {
      (self.scheme, start) = (nil, "")
    }
    others = Set(line.enumerated().filter { $0.offset != index }.map(\.element))
  }
}
