import Ledger
import Processes

/// Debug mode for as long as something lasts: what was switched on here, and nothing else, is taken back.
public struct TemporarySwitch {
  private let pipeline: Pipeline
  private let request: Request
  /// What was switched on, and the deadline that it was given.
  private var switched: [ProcessIdentity: Int64?] = [:]

  /// - Parameter request: how to switch on; the same as for `on`.
  public init(_ pipeline: Pipeline, _ request: Request) {
    self.pipeline = pipeline
    self.request = request
  }

  /// Whether there is nothing to take back.
  public var isEmpty: Bool { switched.isEmpty }

  /// The latest deadline of what was switched on; `nil` where there is none.
  public var deadlineBoottimeNs: Int64? { switched.values.compactMap { $0 }.max() }

  /// Switches on what was asked for.
  public mutating func switchOn() throws(Pipeline.Stop) -> RunResult { try carryOut(request) }

  /// Switches on processes that have come in the place of others, until the same deadline.
  public mutating func switchOn(_ identities: Set<ProcessIdentity>) throws(Pipeline.Stop) -> RunResult {
    var request = request
    request.selection = .processes(identities)
    if let deadlineBoottimeNs { request.deadline = .at(boottimeNs: deadlineBoottimeNs) }
    return try carryOut(request)
  }

  private mutating func carryOut(_ request: Request) throws(Pipeline.Stop) -> RunResult {
    let result = try pipeline.run(request)
    for outcome in result.outcomes where outcome.before != true && outcome.isSent {
      switched[outcome.target.identity] = outcome.deadlineBoottimeNs
    }
    return result
  }

  /// Takes it back. What was given another deadline meanwhile is somebody else's by now, and is left on.
  ///
  /// - Returns: `nil` where there is nothing to take back.
  public mutating func takeBack() throws(Pipeline.Stop) -> (result: RunResult, left: Int)? {
    guard !switched.isEmpty else { return nil }
    // Where the state cannot be read, that is said by `revert` itself.
    let state = (try? pipeline.machine.openStateDirectory(create: false)?.readState()) ?? nil
    let kept = switched.filter { identity, deadlineNs in
      guard let entry = state?[identity], entry.debug else { return false }
      return entry.deadlineBoottimeNs != deadlineNs
    }
    let own = Set(switched.keys).subtracting(kept.keys)
    var request = request
    request.verb = .revert
    request.selection = .processes(own)
    guard !own.isEmpty else {
      switched = [:]
      return nil
    }
    // A signal has brought this about: what it asks for is this.
    var pipeline = pipeline
    pipeline.interruption = { nil }
    let result = try pipeline.run(request)
    switched = [:]
    return (result, kept.count)
  }
}

extension Outcome {
  /// Whether a signal went to the process.
  fileprivate var isSent: Bool { kind == .switched || kind == .unconfirmed }
}
