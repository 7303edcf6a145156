import Configuration
import Ledger
import Logs
import Processes
import SystemPackage
import Text

/// Every few seconds while something is in debug mode, checks how much it writes and what the disks have
/// left.
struct DebugGuard {
  var limits: GuardLimits
  /// When the next look is due; `nil`: nothing is in debug mode.
  private(set) var next: BootTime?
  /// Since when it has given way to deadlines.
  private var due: BootTime?

  /// The result of one look.
  struct Look {
    var harms: [(place: ServicePlace, harm: Harm)] = []
    var figures: [WriteFigures.Figure] = []
    var unreadable: [HostError] = []
  }

  private static let pause = Duration.seconds(5)
  private var window: Duration { .seconds(max(1, limits.writeSeconds)) }

  init(limits: GuardLimits) { self.limits = limits }

  /// Sets the next look, now that these are in debug mode: at once for the first, whose disk may already be
  /// full.
  mutating func plan(isNeeded: Bool, now: BootTime) {
    guard isNeeded else {
      next = nil
      return
    }
    next = next ?? now
  }

  /// Something new is in debug mode: it is checked now.
  mutating func hurry(now: BootTime) { next = min(next ?? now, now) }

  /// Whether a look is due now. One that could last past the next deadline is made right after it.
  ///
  /// - Parameters:
  ///   - deadline: the next moment at which something else is due.
  ///   - count: how many processes are looked at.
  mutating func isDue(now: BootTime, before deadline: @autoclosure () -> BootTime?, count: Int) -> Bool {
    guard let next, next <= now else { return false }
    let end = now + Self.look * count
    if let deadline = deadline(), deadline > now, deadline < end, now < (due ?? now) + Self.longestDelay {
      due = due ?? now
      self.next = deadline
      return false
    }
    due = nil
    return true
  }

  /// What the look at one process takes: longer than was measured.
  private static let look = Duration.microseconds(500)
  private static let longestDelay = Duration.seconds(2)

  /// How long one look may take: a slower file system is left for the next time.
  private static let allowance: Duration = .milliseconds(50)

  mutating func look(at watches: [ProcessWatch], root: FilePath, now: BootTime) -> Look {
    // A window shorter than the usual pause takes a shorter one.
    next = now + min(Self.pause, window)
    var look = Look()
    let pool = ReaderPool { request in
      var reader = MessageReader(request[...])
      var writer = MessageWriter()
      guard let index = try? reader.read(Int.self), watches.indices.contains(index) else { return [] }
      writer.write(Result { () throws(HostError) in try watches[index].look(root: root) })
      return writer.bytes
    }
    let requests = watches.indices.map { index in
      var writer = MessageWriter()
      writer.write(index)
      return writer.bytes
    }
    for (watch, answer) in zip(watches, pool.ask(requests, allowance: Self.allowance)) {
      let path = FilePath("/proc/\(watch.identity.pid)")
      var result: Result<ProcessWatch.Reading, HostError> = .failure(.noAnswer(path: path))
      if case .success(let bytes) = answer {
        var reader = MessageReader(bytes[...])
        result =
          (try? reader.read(Result<ProcessWatch.Reading, HostError>.self))
          ?? .failure(.lookFailed(path: path))
      }
      do throws(HostError) {
        watch.note(try result.get(), at: now, window: window)
      } catch {
        look.unreadable.append(error)
      }
      guard let rate = watch.meter.bytesPerSecond else { continue }
      look.figures.append(
        WriteFigures.Figure(
          pid: watch.identity.pid, startTicks: watch.identity.startTicks, writeBytesPerSecond: rate,
          freeBytes: watch.spaces.map(\.freeBytes).min()))
    }
    for (place, watches) in Dictionary(grouping: watches, by: \.place) {
      let rates = watches.compactMap { $0.meter.bytesPerSecond(over: window) }
      let harm = Harm(
        spaces: watches.flatMap(\.spaces),
        bytesPerSecond: rates.isEmpty ? nil : rates.reduce(0) { $0.addingReportingOverflow($1).partialValue },
        limits: limits)
      if let harm { look.harms.append((place, harm)) }
    }
    return look
  }
}
