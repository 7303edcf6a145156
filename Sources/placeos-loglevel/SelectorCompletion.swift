import ArgumentParser
import Glibc
import PlaceOS
import Switching

extension CompletionKind {
  /// What can be selected on this host now. A shell asks for it in the midst of a line: whatever goes wrong, there is
  /// nothing to be read but words.
  static var selector: CompletionKind {
    .custom { _, _, _ in words() }
  }

  private static func words() -> [String] {
    guard let options = try? CommonOptions.parse([]) else { return [] }
    let catalogue = Settings.inAnyCase(options).catalogue
    // Without root's rights nothing of a process can be seen, but the names are the same everywhere.
    guard geteuid() == 0,
      let found = try? Pipeline(machine: options.machine, catalogue: catalogue).status(.these([])),
      found.stateProblem == nil
    else { return catalogue.services.map(\.name) }
    return Selector.words(selecting: found.instances.map(SelectionSubject.init))
  }
}
