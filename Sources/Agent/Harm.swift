import Configuration
import Processes
import Text

/// Why a service's debug mode should end early.
enum Harm: Hashable {
  case diskLow(FileSystemSpace)
  case writesTooMuch(bytesPerSecond: UInt64, seconds: Int)

  /// Judges what a service in debug mode does.
  ///
  /// - Parameters:
  ///   - spaces: the file systems that its logs are on.
  ///   - bytesPerSecond: what all its processes write, over the time that the limits name; `nil` if not yet
  ///     known.
  init?(spaces: [FileSystemSpace], bytesPerSecond: UInt64?, limits: GuardLimits) {
    let low = spaces.first { space in
      (limits.freePercent > 0 && space.freePercent < limits.freePercent)
        || (limits.freeBytes > 0 && space.freeBytes < limits.freeBytes)
    }
    if let low {
      self = .diskLow(low)
    } else if let bytesPerSecond, limits.writeBytesPerSecond > 0, bytesPerSecond > limits.writeBytesPerSecond
    {
      self = .writesTooMuch(bytesPerSecond: bytesPerSecond, seconds: limits.writeSeconds)
    } else {
      return nil
    }
  }

  /// The reason in history and log.
  func sentence(_ limits: GuardLimits) -> String {
    switch self {
    case .diskLow(let space):
      let wanted = [
        limits.freePercent > 0 ? "\(limits.freePercent) %" : nil,
        limits.freeBytes > 0 ? "\(ByteText(limits.freeBytes))" : nil,
      ].compactMap { $0 }.joined(separator: " and ")
      return "guard: \(ByteText(space.freeBytes)) (\(space.freePercent) %) left on the file system of "
        + "\(space.path), of which \(wanted) must be"
    case .writesTooMuch(let bytesPerSecond, let seconds):
      return "guard: it wrote \(ByteText(bytesPerSecond))/s over \(seconds) s; "
        + "\(ByteText(limits.writeBytesPerSecond))/s is the limit"
    }
  }
}
