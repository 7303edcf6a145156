import Configuration
import Ledger
import Logs
import Processes

/// Looks, every few seconds while something is in debug mode, at what it writes and at what the disks have left.
struct DebugGuard {
  var limits: GuardLimits
  /// When the next look is due; `nil`: nothing is in debug mode.
  private(set) var nextNs: Int64?

  /// What one look has shown.
  struct Look {
    var harms: [(place: ServicePlace, harm: Harm)] = []
    var figures: [WriteFigures.Figure] = []
    var unreadable: [HostError] = []
  }

  private static let pauseNs: Int64 = 5_000_000_000
  private var windowNs: Int64 { Int64(max(1, limits.writeSeconds)) * 1_000_000_000 }

  init(limits: GuardLimits) { self.limits = limits }

  /// Says when to look, now that these are in debug mode: at once for the first, whose disk may be full already.
  mutating func plan(isNeeded: Bool, now: Int64) {
    guard isNeeded else {
      nextNs = nil
      return
    }
    nextNs = nextNs ?? now
  }

  /// Something new is in debug mode: it is looked at now.
  mutating func hurry(now: Int64) { nextNs = min(nextNs ?? now, now) }

  mutating func look(at watches: [ProcessWatch], now: Int64) -> Look {
    // A window shorter than the usual pause takes a shorter one.
    nextNs = now + min(Self.pauseNs, windowNs)
    var look = Look()
    var spaces: [LogRoom: FileSystemSpace] = [:]
    for watch in watches {
      do { try watch.measure(atNs: now, windowNs: windowNs) } catch { look.unreadable.append(error) }
      for room in watch.rooms where spaces[room] == nil {
        do {
          spaces[room] = try room.space()
        } catch {
          if !error.isProcessGone { look.unreadable.append(error) }
        }
      }
      guard let rate = watch.meter.bytesPerSecond else { continue }
      look.figures.append(
        WriteFigures.Figure(
          pid: watch.identity.pid, startTicks: watch.identity.startTicks, writeBytesPerSecond: rate,
          freeBytes: watch.rooms.compactMap { spaces[$0]?.freeBytes }.min()))
    }
    for (place, watches) in Dictionary(grouping: watches, by: \.place) {
      let rates = watches.compactMap { $0.meter.bytesPerSecond(over: windowNs) }
      let harm = Harm(
        spaces: watches.flatMap(\.rooms).compactMap { spaces[$0] },
        bytesPerSecond: rates.isEmpty ? nil : rates.reduce(0) { $0.addingReportingOverflow($1).partialValue },
        limits: limits)
      if let harm { look.harms.append((place, harm)) }
    }
    return look
  }
}
