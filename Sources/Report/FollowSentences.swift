import Configuration
import Ledger
import Text

// What there is to say of services that are followed, and of what they write.

extension FollowedService {
  private var name: String { "\(service)\(container?.name.map { " (\($0))" } ?? "")" }

  /// That none of its processes is in debug mode just now.
  var awaitedSentence: String {
    "\(name) is followed and has ended: what comes in its place will be brought into debug mode".printable
  }

  /// That it was let go while it was restarting.
  var releasedSentence: String { "\(name) is followed no longer".printable }
}

extension WriteFigures.Figure {
  /// What it writes, and how long the disk lasts.
  var sentence: String {
    let lasts = diskLastsSeconds.map { seconds in
      let ns = Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
      return ns.overflow ? "" : ", the disk lasts \(DurationText(ns: ns.partialValue))"
    }
    return "writes \(ByteText(writeBytesPerSecond))/s\(lasts ?? "")"
  }
}
