/// The containers and processes whose output is in one log, each by its own name.
///
/// A log outlives its writers: the restarting containers of a pod, each with its own id, share one folder,
/// and so do the processes of a unit that appends to a file.
public struct LogPlaces: Sendable {
  /// How many looks in a row may find none of them before the log is given up.
  public static let limitAbsentLooks = 600

  public private(set) var names: Set<String>
  private var absentLooks = 0

  public init(_ name: String) { names = [name] }

  /// Others write to this log as well.
  public mutating func join(_ others: LogPlaces) {
    names.formUnion(others.names)
    absentLooks = 0
  }

  /// Takes a look at what is there now. Those that are gone are forgotten once another has replaced them.
  ///
  /// - Returns: whether to give up the log.
  public mutating func areAbandoned(_ present: Set<String>) -> Bool {
    let there = names.intersection(present)
    if there.isEmpty {
      absentLooks += 1
    } else {
      (names, absentLooks) = (there, 0)
    }
    return absentLooks > Self.limitAbsentLooks
  }
}
