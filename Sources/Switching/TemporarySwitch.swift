import Ledger
import Processes

/// Debug mode for as long as something lasts: only what was switched on here is taken back.
public struct TemporarySwitch {
  private let pipeline: Pipeline
  private var request: Request
  /// The processes switched on, and the deadline that each got.
  private var switched: [ProcessIdentity: Deadline?] = [:]

  /// - Parameter request: how to switch on; the same as for `on`.
  public init(_ pipeline: Pipeline, _ request: Request) {
    self.pipeline = pipeline
    self.request = request
    self.request.leavesDeadlines = true
  }

  /// Whether there is nothing to take back.
  public var isEmpty: Bool { switched.isEmpty }

  /// The latest of their deadlines; `nil` if there is none.
  public var deadline: Deadline? { switched.values.compactMap { $0 }.max() }

  /// Switches on what was asked for.
  public mutating func switchOn() throws(Pipeline.Stop) -> RunResult { try carryOut(request) }

  /// Switches on the replacements of processes, until the same deadline.
  public mutating func switchOn(_ identities: Set<ProcessIdentity>) throws(Pipeline.Stop) -> RunResult {
    var request = request
    request.selection = .processes(identities)
    if let deadline { request.deadline = .at(deadline) }
    return try carryOut(request)
  }

  private mutating func carryOut(_ request: Request) throws(Pipeline.Stop) -> RunResult {
    let result = try pipeline.run(request)
    for outcome in result.outcomes where outcome.before != true && outcome.isSent {
      switched[outcome.target.identity] = outcome.deadline
    }
    return result
  }

  /// Takes it back. A process that got another deadline meanwhile is somebody else's by now, and stays on.
  ///
  /// - Returns: `nil` if there is nothing to take back.
  public mutating func takeBack() throws(Pipeline.Stop) -> (result: RunResult, left: Int)? {
    guard !switched.isEmpty else { return nil }
    // If the state cannot be read, `revert` itself says so.
    let state = (try? pipeline.environment.openStateDirectory(create: false)?.readState()) ?? nil
    let kept = switched.filter { identity, deadline in
      guard let entry = state?[identity], entry.debug else { return false }
      return entry.deadline != deadline
    }
    let own = Set(switched.keys).subtracting(kept.keys)
    var request = request
    request.verb = .revert
    request.selection = .processes(own)
    guard !own.isEmpty else {
      switched = [:]
      return nil
    }
    // A signal has led here: taking back is what it asks for.
    var pipeline = pipeline
    pipeline.interruption = { nil }
    let result = try pipeline.run(request)
    switched = [:]
    return (result, kept.count)
  }
}

extension Outcome {
  /// Whether the process was signalled.
  fileprivate var isSent: Bool { kind == .switched || kind == .unconfirmed }
}
