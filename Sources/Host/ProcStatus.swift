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
/// The kernel escapes newlines in `Name`, so that a process cannot write lines of its own here.
public struct ProcStatus: Hashable, Sendable {
  public let state: UInt8
  public let masks: SignalMasks

  public init(parsing bytes: [UInt8]) throws(ParseError) {
    var state: UInt8?
    var masks: [String: SignalMask] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[(colon + 1)...].trimmingSpaces
      switch String(decoding: line[..<colon], as: UTF8.self) {
      case "State": state = state ?? value.first
      case let key where ["SigPnd", "ShdPnd", "SigIgn", "SigCgt"].contains(key):
        // The first line of a name counts, should there ever be two.
        if masks[key] == nil { masks[key] = try SignalMask(parsing: value) }
      default: continue
      }
    }
    guard let state else { throw ParseError("no State") }
    guard let caught = masks["SigCgt"], let ignored = masks["SigIgn"],
      let ownPending = masks["SigPnd"], let sharedPending = masks["ShdPnd"]
    else { throw ParseError("no signal masks") }
    self.state = state
    self.masks = SignalMasks(
      caught: caught, ignored: ignored, pending: ownPending.union(sharedPending))
  }
}
