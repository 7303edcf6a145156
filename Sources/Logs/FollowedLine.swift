import Text

/// What the reader of a log passes to its follower.
public enum FollowedEvent: Hashable, Sendable {
  /// A complete line of the process's output.
  ///
  /// - time: when the runtime got it; `nil` without a runtime that says so.
  case line(time: LogTime?, [UInt8])
  /// The log is open, and everything written from now on will come.
  ///
  /// - key: the same for two logs that are one file.
  case ready(key: String)
  /// What could not be done, or may be lost, for a person.
  case problem(String)
}

/// How ``FollowedEvent`` goes through a pipe: the number of bytes after the head, the kind, the time and its
/// step, then text. Both ends are of one program on one machine.
struct EventFrame {
  static let headBytes = 4 + 1 + 8 + 8

  static func append(_ event: FollowedEvent, to bytes: inout [UInt8]) {
    switch event {
    case .line(let time, let text): append(kind: 0, time, text[...], to: &bytes)
    case .ready(let key): append(kind: 1, nil, Array(key.utf8)[...], to: &bytes)
    case .problem(let text): append(kind: 2, nil, Array(text.utf8)[...], to: &bytes)
    }
  }

  static func append(kind: UInt8, _ time: LogTime?, _ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt32(text.count)) { bytes += $0 }
    bytes.append(kind)
    withUnsafeBytes(of: time?.wall.nanoseconds ?? 0) { bytes += $0 }
    withUnsafeBytes(of: time?.step.nanoseconds ?? 0) { bytes += $0 }
    bytes += text
  }

  /// Takes the complete events from the start of `bytes`.
  ///
  /// - Returns: how many bytes they had.
  static func take(from bytes: UnsafeRawBufferPointer, _ body: (FollowedEvent) -> Void) -> Int {
    var offset = 0
    while bytes.count - offset >= headBytes {
      let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      guard bytes.count - offset - headBytes >= length else { break }
      let kind = bytes[offset + 4]
      let time = LogTime(
        wall: WallTime(nanoseconds: bytes.loadUnaligned(fromByteOffset: offset + 5, as: Int64.self)),
        step: .nanoseconds(bytes.loadUnaligned(fromByteOffset: offset + 13, as: Int64.self)))
      let text = bytes[(offset + headBytes)..<(offset + headBytes + length)]
      switch kind {
      case 0: body(.line(time: time.step > .zero ? time : nil, Array(text)))
      case 1: body(.ready(key: String(decoding: text, as: UTF8.self)))
      default: body(.problem(String(decoding: text, as: UTF8.self)))
      }
      offset += headBytes + length
    }
    return offset
  }
}
