import ArgumentParser
import Glibc
import Ledger
import Processes
import Report
import Switching

/// Runs the pipeline for a command and shows what came of it.
enum Runner {
  /// Carries out a request that may switch something.
  static func run(
    _ request: Request, _ common: CommonOptions, _ settings: Settings, quiet: Bool
  ) throws {
    try Invocation.requireRoot()
    if request.followsRestarts { try requireAgent(common) }
    var pipeline = Pipeline(machine: common.machine, catalogue: settings.catalogue)
    let progress = Progress()
    pipeline.waiting = progress.show
    pipeline.interruption = Interruption.signal
    let result = try stopping { () throws(Pipeline.Stop) in
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
    let remarks = [settings.remark].compactMap { $0 } + report.remarks(armingCommand: common.armingCommand)
    for remark in remarks where !quiet || result.exitStatus != .done { Console.remark(remark) }
    // That nobody will keep a deadline is said in any case.
    if quiet, result.exitStatus == .done,
      let warning = report.unkeptDeadline(armingCommand: common.armingCommand)
    {
      Console.remark(warning)
    }
    if result.exitStatus != .done { throw ExitCode(result.exitStatus) }
  }

  /// Ends with status 3 and the command to type, unless an agent lives: nobody else could follow a restart.
  private static func requireAgent(_ common: CommonOptions) throws {
    let hasAgent = try stopping { () throws(Pipeline.Stop) in
      do throws(LedgerError) {
        return try common.machine.openStateDirectory(create: false)?.hasAgent ?? false
      } catch {
        throw .ledger(error)
      }
    }
    guard !hasAgent else { return }
    throw Ending(
      .nothingDone,
      "--follow-restarts needs the agent, and none runs; nothing was done. Start it with:\n"
        + "  \(common.agentCommand)")
  }

  /// Turns what stops a command into its sentence and its exit status.
  static func stopping<Result>(_ body: () throws(Pipeline.Stop) -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      throw Ending(error.exitStatus, error.sentence)
    }
  }
}

/// Says on a terminal who is still awaited; nowhere else.
private final class Progress {
  private let isShown = Console.Stream.error.isTerminal
  private var shown = ""
  private let startNs = HostClock.now().boottimeNs
  /// Most switches are over sooner; a line that comes and goes is only a flicker.
  private static let patienceNs: Int64 = 300_000_000

  func show(_ awaited: [Instance]) {
    guard isShown, HostClock.now().boottimeNs - startNs > Self.patienceNs else { return }
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
