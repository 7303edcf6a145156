import ArgumentParser
import Glibc
import Ledger
import Logs
import PlaceOS
import Processes
import Report
import Switching
import Text

/// A run of `follow`: from the switch into debug mode to the way back.
final class FollowSession {
  /// A log that is followed.
  private final class Log {
    let follower: LogFollower
    var places: LogPlaces
    /// The process that it belongs to now, which changes when the service restarts.
    var origin: FollowedRecord.Origin
    /// A number that no other log has.
    var key: String?
    var wasShown = true
    /// When the runtime got the last line.
    var last: WallTime?

    init(_ follower: LogFollower, _ places: LogPlaces, _ origin: FollowedRecord.Origin) {
      (self.follower, self.places, self.origin) = (follower, places, origin)
    }

    /// The other one is the same log: both are followed here.
    func take(over other: Log) {
      places.join(other.places)
      if other.origin.service == origin.service { origin = origin.continued(by: other.origin) }
    }
  }

  private let pipeline: Pipeline
  private let request: Request
  private let output: FollowOutput
  private let switches: Bool
  private let span: Duration?
  private let since: Duration?
  private let advice: Advice
  private var hold: TemporarySwitch
  private var logs: [Log] = []
  private var endings = EndedLogs()
  /// What was followed so far, to tell them apart by colour.
  private var count = 0
  private var seen: Set<ProcessIdentity> = []
  private let interval = Duration.seconds(1)
  /// The command that runs meanwhile, instead of showing anything.
  var command: [String]?
  /// Where everything is kept.
  var save: String?
  private var child: ChildCommand?

  init(
    _ pipeline: Pipeline, _ request: Request, _ output: FollowOutput, switches: Bool, span: Duration?,
    since: Duration?, advice: Advice
  ) {
    (self.pipeline, self.request, self.output, self.switches) = (pipeline, request, output, switches)
    (self.span, self.since, self.advice) = (span, since, advice)
    hold = TemporarySwitch(pipeline, request)
  }

  /// - Returns: the exit status.
  func run() throws -> Int32 {
    let start = BootTime.now()
    let found = try Runner.stopping { () throws(Pipeline.Stop) in try pipeline.status(request.selection) }
    var remarks = found.unmatched.map(\.sentence) + found.idle.map(\.wholeSentence)
    if remarks.isEmpty, found.instances.isEmpty { remarks.append(advice.nothingHere) }
    for remark in remarks { Console.remark(remark) }
    guard !found.instances.isEmpty else {
      Ending.document(remarks.joined(separator: "\n"), .nothingMatched)
      return ExitStatus.nothingMatched.code
    }
    if let save { output.file = try SaveFile(save) }
    follow(found.instances, since: since.map { found.now.wall - $0 })
    awaitReadiness()
    var status = (found.unmatched.isEmpty ? ExitStatus.done : .notAsAsked).code
    if switches {
      let result = try Runner.stopping { () throws(Pipeline.Stop) in try hold.switchOn() }
      report(result)
      if result.exitStatus != .done { status = result.exitStatus.code }
    }
    if let command { return runCommand(command, status) }
    seen.formUnion(found.instances.map(\.identity))
    let end = span.map { start + $0 } ?? (switches ? hold.deadline : nil)
    if Interruption.signal() == nil { stream(until: end) }
    output.flush()
    sayHidden()
    let taken = takeBack()
    if let signal = Interruption.signal() { return taken == 0 ? 128 + signal : taken }
    return taken == 0 ? status : taken
  }

  /// Runs the command to its end, if everything is on.
  private func runCommand(_ words: [String], _ switchStatus: Int32) -> Int32 {
    var status = switchStatus
    if status == 0, let signal = Interruption.signal() { status = 128 + signal }
    if status == 0 {
      child = ChildCommand(words)
      status = child == nil ? 126 : waitForChild()
    } else {
      Console.remark("'\(words[0])' was not run")
    }
    let taken = takeBack()
    return status == 0 ? taken : status
  }

  private func waitForChild() -> Int32 {
    var nextLook = BootTime.now() + interval
    var status: Int32?
    while status == nil {
      if let signal = Interruption.take() { child?.forward(signal) }
      if BootTime.now() >= nextLook {
        look()
        nextLook = BootTime.now() + interval
      }
      takeEvents(waitMs: 500)
      status = child?.exitStatus()
    }
    // What the command caused to be logged arrives a moment later.
    let end = BootTime.now() + interval
    while takeEvents(waitMs: 100), BootTime.now() < end {}
    return status ?? 126
  }

  // MARK: what is followed

  private func follow(_ instances: [Instance], since: WallTime?) {
    guard command == nil || save != nil else { return }
    for instance in instances where instance.failure == nil {
      let identity = instance.identity
      let place = instance.logPlace
      if let log = logs.first(where: { $0.places.names.contains(place) }) {
        // The log of a restarted container continues.
        if instance.isMain(than: log.origin) { log.origin = log.origin.continued(by: instance) }
        continue
      }
      do throws(HostError) {
        let follower = try LogFollower(
          identity, container: instance.container, since: endings.begin(place) ?? since)
        logs.append(Log(follower, LogPlaces(place), .init(instance, number: count)))
        count += 1
      } catch {
        Console.remark("\(instance.service.name) (pid \(identity.pid)): its log is not followed: \(error)")
      }
    }
  }

  /// Until every log is open, or has not been for a second: one that hangs must not keep the others waiting.
  private func awaitReadiness() {
    let end = BootTime.now() + interval
    while Interruption.signal() == nil, logs.contains(where: { $0.key == nil }) {
      let left = (end - .now()).nanoseconds / 1_000_000
      if left <= 0 { return }
      takeEvents(waitMs: Int32(left))
    }
  }

  private func stream(until end: BootTime?) {
    var nextLook = BootTime.now() + interval
    while Interruption.signal() == nil, !output.isClosed {
      let now = BootTime.now()
      if let end, now >= end { return }
      if now >= nextLook {
        look()
        nextLook = BootTime.now() + interval
      }
      let next = min(end ?? .distantFuture, nextLook)
      takeEvents(waitMs: Int32(max(0, min(((next - now).nanoseconds + 999_999) / 1_000_000, 1000))))
    }
  }

  /// - Returns: whether anything arrived.
  @discardableResult
  private func takeEvents(waitMs: Int32) -> Bool {
    var entries = logs.map { pollfd(fd: $0.follower.descriptor, events: Int16(POLLIN), revents: 0) }
    entries.append(pollfd(fd: child?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    entries.append(output.pollEntry)
    guard poll(&entries, nfds_t(entries.count), waitMs) > 0 else { return false }
    output.noteHangUp(entries.removeLast())
    entries.removeLast()
    var ended: [ObjectIdentifier] = []
    for (entry, log) in zip(entries, logs) where entry.revents != 0 {
      var isDouble = false
      let goesOn = log.follower.take { event in
        switch event {
        case .line where isDouble: break
        case .line(let time, let bytes):
          log.last = time?.wall ?? log.last
          let record = output.looksIntoLines ? LogRecord(parsing: bytes) : LogRecord(unparsed: bytes)
          log.wasShown = output.take(
            FollowedRecord(record, from: log.origin, time: time), record, wasShown: log.wasShown)
        case .ready(let key):
          if let same = logs.first(where: { $0.key == key }) {
            isDouble = true
            same.take(over: log)
          }
          log.key = key
        case .problem(let text):
          if endings.isNews(text, of: log.places.names) { Console.remark("\(log.origin.name): \(text)") }
        }
      }
      if !goesOn { endings.end(log.places.names, last: log.last) }
      if isDouble { endings.double(log.places.names) }
      if !goesOn || isDouble { ended.append(ObjectIdentifier(log)) }
      output.flush()
    }
    logs.removeAll { ended.contains(ObjectIdentifier($0)) }
    return zip(entries, logs).contains { $0.0.revents != 0 }
  }

  /// Follows what has appeared since, and switches it on.
  private func look() {
    guard let found = try? pipeline.status(request.selection, isForReport: false) else { return }
    endAbsent(found.instances)
    let new = found.instances.filter { !seen.contains($0.identity) }
    for instance in new { endings.renew(instance.logPlace) }
    // Those whose client has ended, though they run: their daemon may have restarted.
    let again = found.instances.filter { seen.contains($0.identity) && endings.isDue($0.logPlace) }
    follow(again, since: found.now.wall)
    guard !new.isEmpty else { return }
    seen.formUnion(new.map(\.identity))
    // Its first lines tell most, and were written before it was found.
    follow(new, since: found.now.wall - .seconds(10))
    for instance in new {
      Console.remark("\(instance.service.name) has started (pid \(instance.identity.pid)); it is followed")
    }
    guard switches, Interruption.signal() == nil else { return }
    do {
      report(try hold.switchOn(Set(new.map(\.identity))))
    } catch {
      Console.remark("it could not be switched on: \(error.sentence)")
    }
  }

  /// Ends the logs of services that have not come back for ten minutes.
  private func endAbsent(_ instances: [Instance]) {
    let present = Set(instances.map(\.logPlace))
    logs.removeAll { log in
      guard log.places.areAbandoned(present) else { return false }
      endings.end(log.places.names, last: log.last)
      return true
    }
  }

  // MARK: what is said

  private func report(_ result: RunResult) {
    let report = RunReport(result)
    let on = result.outcomes.filter { $0.kind == .switched }.count
    if on > 0 {
      let end = command == nil ? "Ctrl-C ends and takes it back" : "taken back when the command ends"
      Console.remark("\(on) switched on; \(end)")
    }
    let there = result.outcomes.filter { $0.kind == .unchanged }.count
    if there > 0 { Console.remark("\(there) in debug mode already; left as it is at the end") }
    Console.write(report.complaints(Console.Stream.error.style), to: .error)
    for remark in report.remarks(advice, isHeld: true) { Console.remark(remark) }
  }

  private func sayHidden() {
    if output.hiddenByLevel > 0 { Console.remark("\(output.hiddenByLevel) lines hidden by --level") }
    if output.hiddenByPattern > 0 { Console.remark("\(output.hiddenByPattern) lines hidden by --grep") }
  }

  private func takeBack() -> Int32 {
    do {
      guard let (result, left) = try hold.takeBack() else { return ExitStatus.done.code }
      let report = RunReport(result)
      let back = result.outcomes.filter { $0.kind == .switched }.count
      Console.remark("\(back) taken back")
      if left > 0 { Console.remark("\(left) left on: it was given another deadline meanwhile") }
      Console.write(report.complaints(Console.Stream.error.style), to: .error)
      for remark in report.remarks(advice) { Console.remark(remark) }
      return result.exitStatus.code
    } catch {
      Console.remark("nothing was taken back: \(error.sentence)")
      return error.exitStatus.code
    }
  }
}
