import ArgumentParser
import Ledger
import PlaceOS
import Processes
import Report
import Switching

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show every PlaceOS process on this host and its level.",
    discussion: "Example: sudo placeos-loglevel status api core --json"
  )
  .ofSubcommand()

  @Argument(
    help:
      "What to show: api, api/NAME, CONTAINER, driver, driver/GLOB, backend:NAME, pid:N. None: everything.",
    completion: .selector)
  var selector: [String] = []

  @Flag(help: "Show it live, in place; q or Ctrl-C ends.")
  var watch = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if watch, common.json { throw ValidationError("--watch is for a terminal, and --json for programs.") }
  }

  func run() throws {
    let settings = Settings.inAnyCase(common.places)
    // As the default subcommand it also gets mistyped command names.
    if let word = selector.first, settings.catalogue.service(named: word) == nil,
      let sentence = UnknownCommand.sentence(word, CommandLine.arguments.dropFirst())
    {
      throw ValidationError(sentence)
    }
    let selection = Selection.these(try settings.selectors(selector))
    let pipeline = common.places.pipeline(settings)
    if watch { return try show(pipeline, selection, settings) }
    let result = try Runner.stopping(remark: settings.remark) { () throws(Pipeline.Stop) in
      try pipeline.status(selection)
    }
    let report = StatusReport(
      result, host: Invocation.hostName, configurationProblem: settings.problem)
    Console.write(
      common.json ? report.json : report.text(Console.Stream.output.style) + report.following, to: .output)
    if let remark = settings.remark { Console.remark(remark) }
    for remark in report.remarks(common.advice) { Console.remark(remark) }
    if result.exitStatus != .done { throw ExitCode(result.exitStatus) }
  }

  /// Shows it every second until asked to end.
  private func show(_ pipeline: Pipeline, _ selection: Selection, _ settings: Settings) throws {
    guard let screen = LiveScreen() else { throw ValidationError("--watch needs a terminal.") }
    var meters: [ProcessIdentity: WriteMeter] = [:]
    let signal = Interruption.note { () -> Int32? in
      repeat {
        screen.show(page(pipeline, selection, settings, &meters))
        if let signal = Interruption.signal() { return signal }
      } while !screen.waitsForEnd(ms: 1000)
      return Interruption.signal()
    }
    if let signal { throw ExitCode(ExitStatus.signal(signal)) }
  }

  /// What there is to see now; if it cannot be seen, the reason.
  private func page(
    _ pipeline: Pipeline, _ selection: Selection, _ settings: Settings,
    _ meters: inout [ProcessIdentity: WriteMeter]
  ) -> String {
    var remarks = [settings.remark].compactMap { $0 }
    var table = ""
    do {
      var result = try pipeline.status(selection)
      result.measureWrites(&meters) { pipeline.environment.writtenBytes(of: $0) }
      let report = StatusReport(result, host: Invocation.hostName, configurationProblem: settings.problem)
      table = report.text(Console.Stream.output.style)
      remarks += report.remarks(common.advice)
    } catch {
      remarks.append(error.sentence)
    }
    let rest = remarks.flatMap { Console.Stream.output.lines(Console.escaped($0)) }.map { $0 + "\n" }.joined()
    return "\(Invocation.hostName), every second; q ends\n\n" + table + (rest.isEmpty ? "" : "\n" + rest)
  }
}

extension StatusResult {
  /// Shows what services in debug mode have written since the last look, instead of the agent's measurements.
  ///
  /// - Parameter read: how many bytes a process has written since its start; `nil` if that cannot be read.
  fileprivate mutating func measureWrites(
    _ meters: inout [ProcessIdentity: WriteMeter], read: (ProcessIdentity) -> UInt64?
  ) {
    var current: [ProcessIdentity: WriteMeter] = [:]
    var measured: [WriteFigures.Figure] = []
    for instance in instances where instance.level.debug == true {
      let identity = instance.identity
      guard let bytes = read(identity) else { continue }
      var meter = meters[identity] ?? WriteMeter()
      // The shortest window: from the last look to this one.
      meter.add(bytes: bytes, at: now.boottime, window: .nanoseconds(1))
      current[identity] = meter
      guard let bytesPerSecond = meter.bytesPerSecond else { continue }
      measured.append(
        WriteFigures.Figure(
          pid: identity.pid, startTicks: identity.startTicks, writeBytesPerSecond: bytesPerSecond,
          freeBytes: figure(instance)?.freeBytes))
    }
    meters = current
    if !measured.isEmpty {
      figures = WriteFigures(bootID: bootID, at: now.boottime, figures: measured)
    }
  }
}

extension Pipeline.Environment {
  /// How many bytes a process has written since its start; `nil` if that cannot be read.
  fileprivate func writtenBytes(of identity: ProcessIdentity) -> UInt64? {
    guard let handle = try? ProcessHandle.open(identity, proc: table.proc) else { return nil }
    return try? handle.directory.io().writtenBytes
  }
}
