import ArgumentParser
import Glibc
import Ledger
import Processes
import Report
import Switching
import Text

/// Runs the pipeline for a command and shows the result.
enum Runner {
  /// Carries out a request that may switch something.
  static func run(
    _ request: Request, _ common: CommonOptions, _ settings: Settings, quiet: Bool
  ) throws {
    if request.followsRestarts { try requireAgent(common) }
    try requireLastingState(for: request, common)
    var pipeline = common.places.pipeline(settings)
    let progress = Progress()
    pipeline.waiting = progress.show
    let result = try stopping(remark: settings.remark) { () throws(Pipeline.Stop) in
      defer { progress.clear() }
      return try Interruption.note { () throws(Pipeline.Stop) in try pipeline.run(request) }
    }
    let report = RunReport(result)
    if common.json {
      if !quiet || result.exitStatus != .done { Console.write(report.json(Invocation.origin), to: .output) }
    } else if quiet {
      Console.write(report.complaints(Console.Stream.error.style), to: .error)
    } else {
      Console.write(report.text(Console.Stream.output.style), to: .output)
    }
    let remarks = [settings.remark].compactMap { $0 } + report.remarks(common.advice)
    for remark in remarks where !quiet || result.exitStatus != .done { Console.remark(remark) }
    // That nobody will keep a deadline is said in any case.
    if quiet, result.exitStatus == .done {
      for warning in report.unkeptDeadline(common.advice) { Console.remark(warning) }
    }
    if result.exitStatus != .done { throw ExitCode(result.exitStatus) }
  }

  /// Ends with status 3 and the command to type, unless an agent lives: nothing else could follow a restart.
  private static func requireAgent(_ common: CommonOptions) throws {
    let agent = try stopping { () throws(Pipeline.Stop) in
      do throws(LedgerError) {
        return try common.environment.agent()
      } catch {
        throw .ledger(error)
      }
    }
    guard agent == nil else { return }
    throw Ending(
      .nothingDone,
      "--follow-restarts needs the agent, and none runs; nothing was done. Start it with:\n"
        + "  \(common.agentCommand)")
  }

  /// Ends with status 3 if the record of the switch would be lost with this container: nothing would ever
  /// take the switch back.
  private static func requireLastingState(for request: Request, _ common: CommonOptions) throws {
    guard Invocation.surroundings.kind != .host, [.on, .toggle].contains(request.verb), !request.isDryRun,
      request.deadline != .never
    else { return }
    guard ((try? common.environment.agent()) ?? nil) == nil else { return }
    let directory = common.environment.stateDirectory
    let mounts = try? FileReader.bytes(at: "/proc/self/mountinfo", limitBytes: MountInfo.limitBytes)
    guard !MountInfo(parsing: mounts ?? []).outlivesContainer(directory) else { return }
    throw Ending(
      .nothingDone,
      "the state in \(directory) goes with this container, and nobody would take the switch back at its deadline; "
        + "nothing was done. Start the agent in this container and use its 'exec'; or mount a directory at \(directory) "
        + "that the host or an agent looks after; or use 'follow' or 'run', which take it back themselves; or say "
        + "--permanent")
  }

  /// Turns what stops a command into its sentence and its exit status.
  ///
  /// - Parameter remark: what is wrong with the configuration: a name may be one that only it knows.
  static func stopping<Result>(
    remark: String? = nil, _ body: () throws(Pipeline.Stop) -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch {
      // The command line is wrong, even if that only shows in the search.
      if case .selector = error {
        if let remark { Console.remark(remark) }
        throw ValidationError(error.sentence)
      }
      throw Ending(error.exitStatus, error.sentence)
    }
  }
}

/// Shows on a terminal which processes are still awaited; nowhere else.
private final class Progress {
  private let isShown = Console.Stream.error.isTerminal
  private var shown = ""
  private let start = BootTime.now()
  /// Most switches take less time; a line that comes and goes only flickers.
  private static let patience = Duration.milliseconds(300)

  func show(_ awaited: [Instance]) {
    guard isShown, BootTime.now() - start > Self.patience else { return }
    let names = awaited.prefix(3).map { "\($0.service.name) (pid \($0.identity.pid))" }
    let more = awaited.count > 3 ? " and \(awaited.count - 3) more" : ""
    let line = "waiting for " + names.joined(separator: ", ") + more
    guard line != shown else { return }
    shown = line
    Console.write("\r\u{1b}[K\(line)", to: .error)
  }

  func clear() {
    guard !shown.isEmpty else { return }
    Console.write("\r\u{1b}[K", to: .error)
    shown = ""
  }
}
