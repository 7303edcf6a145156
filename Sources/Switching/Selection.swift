import Ledger
import Processes

/// What a command is about.
public enum Selection: Hashable, Sendable {
  /// Every service of the catalogue; drivers only together with a driver selector.
  case all(drivers: [Selector])
  /// The union of these selectors. Empty: everything (if a command allows that).
  case these([Selector])
  /// These very processes, such as those that the agent holds.
  case processes(Set<ProcessIdentity>)
  /// Whichever processes do the work of these services where they run.
  case places(Set<ServicePlace>)

  /// Whether `--all` was given: what cannot be switched is then only reported.
  public var isAll: Bool { if case .all = self { true } else { false } }

  /// Which of `subjects` are selected, by index, and which selectors matched nothing.
  ///
  /// - Parameter isWhole: whether `subjects` are complete, so that a name which none of them has is nobody's.
  /// - Throws: `SelectorError.ambiguous` for a name that fits two containers: never a guess.
  ///   `.unknownService` for a name that neither a service nor a container has; `.isAll` if that name is `all`.
  public func resolve(
    _ subjects: [SelectionSubject], isWhole: Bool = true
  ) throws(SelectorError) -> (chosen: Set<Int>, unmatched: [Selector]) {
    switch self {
    case .these([]): return (Set(subjects.indices), [])
    case .these(let selectors): return try Self.union(of: selectors, subjects, isWhole)
    case .processes(let identities):
      return (Set(subjects.indices.filter { subjects[$0].identity.map(identities.contains) ?? false }), [])
    case .places(let places):
      return (Set(subjects.indices.filter { subjects[$0].servicePlace.map(places.contains) ?? false }), [])
    case .all(let drivers):
      var (chosen, unmatched) = try Self.union(of: drivers, subjects, isWhole)
      for index in subjects.indices where subjects[index].service != "driver" { chosen.insert(index) }
      return (chosen, unmatched)
    }
  }

  private static func union(
    of selectors: [Selector], _ subjects: [SelectionSubject], _ isWhole: Bool
  ) throws(SelectorError) -> (Set<Int>, [Selector]) {
    var chosen: Set<Int> = []
    var unmatched: [Selector] = []
    for selector in selectors {
      let found = try selector.matches(among: subjects)
      if found.isEmpty {
        if case .container(let name, _) = selector, name.lowercased() == "all" { throw .isAll(name) }
        if case .container(let name, let unknown) = selector, isWhole || unknown.nearest != nil {
          throw .unknownService(name, nearest: unknown.nearest, known: unknown.known)
        }
        unmatched.append(selector)
      }
      chosen.formUnion(found)
    }
    return (chosen, unmatched)
  }
}
