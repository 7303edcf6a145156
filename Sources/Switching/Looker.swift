import Containers
import Executables
import Glibc
import PlaceOS
import Processes
import SystemPackage
import Text

/// All looks at what processes and containers control. It lives in a reader process: whatever hangs, breaks or fills
/// the memory here does so there.
final class Looker {
  private let table: any ProcessTable
  private let root: FilePath
  private let held: (Int) -> HeldProcess?
  private var containers: ContainerResolver
  private var cache: SymbolCache
  /// What was found of each executable, so that what many processes execute is looked through once.
  private var executables: [FileStatus: Result<ExecutableSymbols, HostError>] = [:]
  /// What reads the level of a process, as long as it executes what it did.
  private var levels: [Int: LevelReaders] = [:]
  /// Whether control groups are frozen, by what `/proc/PID/cgroup` says, at the moment of the last look.
  private var frozen: (at: WallTime, groups: [[UInt8]: Bool]) = (.distantPast, [:])

  private struct LevelReaders {
    let addresses: ProcStat.ProgramAddresses
    /// `nil` after a failure: looked for anew.
    var memory: Result<TraceFlagReader, HostError>?
    var log: (question: LogQuestion, reader: Result<LoggedLevel?, HostError>)?
  }

  init(table: any ProcessTable, root: FilePath, cache: SymbolCache, held: @escaping (Int) -> HeldProcess?) {
    self.table = table
    self.root = root
    self.cache = cache
    self.held = held
    containers = ContainerResolver(root: root)
  }

  /// Answers one request.
  func answer(_ bytes: [UInt8]) -> [UInt8] {
    var reader = MessageReader(bytes[...])
    var writer = MessageWriter()
    guard let request = try? LookRequest(from: &reader), let process = held(request.slot) else { return [] }
    switch request.subject {
    case .program: writer.write(Result { () throws(HostError) in try program(of: process) })
    case .level: writer.write(Result { () throws(HostError) in try level(of: process, request) })
    }
    return writer.bytes
  }

  // MARK: the program

  private static let variables = VariableNames(
    LogLevel.startVariables + StoreUse.variables + StoreUse.variables.map { $0 + "_FILE" })

  private func program(of process: HeldProcess) throws(HostError) -> ProgramReading? {
    let identity = process.identity
    let stat = process.handle.stat
    guard let executable = try process.handle.directory.knownExecutable() else {
      // A main thread that has ended leaves a zombie without an executable, and may leave other threads.
      guard try process.handle.directory.stat().hasEnded, !process.handle.hasEnded else { return nil }
      throw .malformed(
        path: process.handle.directory.path.appending("exe"),
        reason: "its main thread has ended, others live on")
    }
    guard
      let detail = try table.detail(of: identity.pid), detail.startTicks == identity.startTicks
    else { return nil }
    let arguments = try process.handle.directory.arguments()
    let container = try container(of: identity.pid, detail)
    let known = cache.entries.count
    let symbols = self.symbols(of: process)
    let found = try? symbols.get()
    return ProgramReading(
      executable: executable, arguments: arguments, addresses: stat.programAddresses,
      parentPID: stat.parentPID, comm: detail.comm, container: container,
      // A right that is missing here costs a word in the report, nothing else.
      // Passwords stay in this process.
      environment: (try? process.handle.directory.environment(
        named: Self.variables))
        .map(StoreUse.withoutSecrets),
      symbols: ProgramReading.Symbols(
        trace: found.map(TraceSymbol.init) ?? .unknown, areOfPlaceOS: found?.hasPlaceOSNamespace ?? false,
        refusal: symbols.failure, learnt: cache.entries.count > known ? cache.entries.last : nil))
  }

  private func symbols(of process: HeldProcess) -> Result<ExecutableSymbols, HostError> {
    let directory = process.handle.directory.descriptor
    let status = try? FileStatus(at: "exe", in: directory)
    if let status, let known = executables[status] { return known }
    let result = Result { () throws(HostError) in
      try TraceFlagReader.executable(of: process.handle.directory, cache: &cache)
    }
    if let status { executables[status] = result }
    return result
  }

  private func container(of pid: Int32, _ detail: ProcessDetail) throws(HostError) -> Container? {
    let groups: ControlGroups
    do {
      groups = try ControlGroups(parsing: detail.controlGroups)
    } catch {
      throw .malformed(path: table.proc.appending("\(pid)/cgroup"), reason: error.reason)
    }
    return try containers.container(of: pid, cgroups: groups)
  }

  // MARK: the level

  /// Looks the way that a signal goes: pending, in its pipe, then at what it changes, the dispositions last. One that
  /// leaves a place after the look there is found in the next.
  private func level(of process: HeldProcess, _ request: LookRequest) throws(HostError) -> LevelLook {
    let before = try process.handle.directory.status()
    let evidence = try evidence(of: process, request)
    return LevelLook(
      status: request.parts.contains(.pipes)
        ? try process.handle.directory.status().pending(since: before) : before,
      isFrozen: isFrozen(process, at: request.now), evidence: evidence)
  }

  /// Of each group once at one moment: it is the same for all of its processes.
  private func isFrozen(_ process: HeldProcess, at now: WallTime) -> Bool {
    guard
      let groups = try? process.handle.directory.bytes(of: "cgroup", limitBytes: ControlGroups.limitBytes)
    else { return false }
    if frozen.at != now { frozen = (now, [:]) }
    if let known = frozen.groups[groups] { return known }
    let isFrozen = Freezer.isFrozen(groups)
    frozen.groups[groups] = isFrozen
    return isFrozen
  }

  private func evidence(of process: HeldProcess, _ request: LookRequest) throws(HostError) -> LevelEvidence {
    let parts = request.parts
    let pipes =
      parts.contains(.pipes)
      ? try? SignalPipes(of: process.handle.directory, withLoops: parts.contains(.drained)) : nil
    var now: ProcStat.ProgramAddresses?
    var program: ProgramCheck?
    if parts.contains(.program) {
      let addresses = try process.handle.directory.stat().programAddresses
      // Both are 0 or 1 where the right to see them is missing.
      let isUntouched = addresses == request.addresses && addresses.stack > 1
      program = ProgramCheck(
        isUntouched: isUntouched,
        executable: isUntouched ? nil : try process.handle.directory.knownExecutable(),
        arguments: try process.handle.directory.arguments())
      now = addresses
    }
    var readers = readers(for: process, now: now)
    var flag: Bool?
    var flagRefusal: HostError?
    if request.hasFlag {
      do throws(HostError) {
        let memory = try (readers.memory ?? memory(of: process)).get()
        readers.memory = .success(memory)
        if case .failure(let error) = memory.flag { throw error }
        flag = try memory.read(of: process.handle.directory)
      } catch {
        if error.isProcessGone { throw error }
        flagRefusal = error
        readers.memory = nil
      }
    }
    var finding: LoggedLevel.Finding?
    var logRefusal: HostError?
    if flag == nil, let question = request.log {
      do throws(HostError) {
        if readers.log?.question.isSame(as: question) != true {
          readers.log = (question, open(question, of: process))
        }
        if var log = try readers.log?.reader.get() {
          finding = try log.find(of: process.handle.directory, now: request.now)
          readers.log?.reader = .success(log)
        }
      } catch {
        if error.isProcessGone { throw error }
        logRefusal = error
      }
    }
    levels[process.slot] = readers
    return LevelEvidence(
      program: program, flag: flag, flagRefusal: flagRefusal, log: finding,
      logRefusal: logRefusal, pipes: pipes)
  }

  /// - Parameter now: where the program is now, if that was looked at.
  private func readers(for process: HeldProcess, now: ProcStat.ProgramAddresses?) -> LevelReaders {
    if let known = levels[process.slot], now == nil || known.addresses == now { return known }
    return LevelReaders(addresses: now ?? process.handle.stat.programAddresses)
  }

  private func memory(of process: HeldProcess) -> Result<TraceFlagReader, HostError> {
    symbols(of: process).map { TraceFlagReader($0, of: process.handle.directory) }
  }

  private func open(_ question: LogQuestion, of process: HeldProcess) -> Result<LoggedLevel?, HostError> {
    Result { () throws(HostError) in
      try LoggedLevel(
        process.handle.directory, kind: question.kind, container: question.container, writer: question.writer,
        program: question.program, started: question.started, root: root)
    }
  }
}

extension Result {
  /// The error, where it is one.
  var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

extension ProcessDirectory {
  /// The executable or, where the right to ask the kernel for it is missing, the one that the process claims.
  func knownExecutable() throws(HostError) -> ExecutableFile? {
    do {
      return try executable()
    } catch {
      guard error.isForbidden else { throw error }
      return try claimedExecutable()
    }
  }

  /// What the process says that it executes: its first argument, if its comm agrees; good for a listing.
  func claimedExecutable() throws(HostError) -> ExecutableFile? {
    guard let named = try arguments().first else { return nil }
    let comm = try stat().comm
    let base = named.utf8.split(separator: UInt8(ascii: "/")).last ?? ""[...].utf8
    // TASK_COMM_LEN, less the terminating zero; proc_pid_comm(5).
    guard !comm.isEmpty, base.prefix(15).elementsEqual(comm) else { return nil }
    return ExecutableFile(path: named, device: nil, inode: nil, isClaimed: true)
  }
}
