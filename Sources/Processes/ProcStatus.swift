import Text

/// What `/proc/PID/status` says, as far as this program asks; proc_pid_status(5).
///
///     Name:   rest-api
///     State:  S (sleeping)
///     …
///     SigPnd: 0000000000000000
///     ShdPnd: 0000000000000200
///     SigBlk: 0000000000000000
///     SigIgn: 0000000000001000
///     SigCgt: 0000000020810640
///
/// The kernel escapes newlines in `Name`, so a process cannot add lines here.
public struct ProcStatus: Hashable, Sendable {
  public let state: UInt8
  public let masks: SignalMasks

  public init(parsing bytes: [UInt8]) throws(ParseError) {
    var state: UInt8?
    var caught: SignalMask?
    var ignored: SignalMask?
    var ownPending: SignalMask?
    var sharedPending: SignalMask?
    try bytes.forEachLine { line throws(ParseError) in
      // The first line of a name counts, should there ever be two.
      if let value = line.value(of: "State:") {
        state = state ?? value.first
      } else if caught == nil, let value = line.value(of: "SigCgt:") {
        caught = try SignalMask(parsing: value)
      } else if ignored == nil, let value = line.value(of: "SigIgn:") {
        ignored = try SignalMask(parsing: value)
      } else if ownPending == nil, let value = line.value(of: "SigPnd:") {
        ownPending = try SignalMask(parsing: value)
      } else if sharedPending == nil, let value = line.value(of: "ShdPnd:") {
        sharedPending = try SignalMask(parsing: value)
      }
    }
    guard let state else { throw ParseError("no State") }
    guard let caught, let ignored, let ownPending, let sharedPending else {
      throw ParseError("no signal masks")
    }
    self.state = state
    self.masks = SignalMasks(
      caught: caught, ignored: ignored, pending: ownPending.union(sharedPending))
  }

  public init(state: UInt8, masks: SignalMasks) {
    self.state = state
    self.masks = masks
  }

  /// This status, with what was pending at an earlier one as well: that may have been delivered since.
  public func pending(since earlier: ProcStatus) -> ProcStatus {
    ProcStatus(
      state: state,
      masks: SignalMasks(
        caught: masks.caught, ignored: masks.ignored, pending: masks.pending.union(earlier.masks.pending)))
  }
}

extension ProcStatus: Message {
  public func write(to message: inout MessageWriter) { message.write(state, masks) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(state: try message.read(), masks: try message.read())
  }
}
