import Text

// The sentences for services whose container is not running.

extension IdleService {
  /// Why nothing can be done with it.
  public func sentence(now: WallTime? = nil) -> String {
    switch state {
    case .exited(let status, let finished):
      let ago = finished.flatMap { finished in now.map { DurationText($0 - finished) } }
      return "its container has exited" + (status.map { " with status \($0)" } ?? "")
        + (ago.map { ", \($0) ago" } ?? "")
    case .restarting: return "its container is waiting to be restarted"
    case .created: return "its container was made and never started"
    }
  }

  /// The same, with its name.
  public var wholeSentence: String {
    "\(service.name) in \(container.name ?? String(container.id.prefix(12))): \(sentence())".printable
  }
}
