import Containers
import Executables
import Ledger
import PlaceOS
import Processes
import SystemPackage

/// The one way through the house: scan, recognise, select, read level, plan, record intent, signal, confirm, record
/// outcome. Every command is this line, or a prefix of it.
public struct Pipeline {
  /// Where things are, so that a test can have its own.
  public struct Environment: Sendable {
    public var table: any ProcessTable
    /// The folder that stands for `/`.
    public var root: FilePath
    public var stateDirectory: FilePath
    public var history: FilePath
    /// Whose the state directory must be.
    public var ownerID: UInt32
    public var clock: @Sendable () -> HostClock
    /// Who is to be recorded for a run of `revert --expired`.
    public var keeper: RevertKeeper

    public init(
      table: any ProcessTable = ProcpsTable(), root: FilePath = "/", stateDirectory: FilePath,
      history: FilePath, ownerID: UInt32 = 0, clock: @escaping @Sendable () -> HostClock = HostClock.now,
      keeper: RevertKeeper = .person
    ) {
      self.table = table
      self.root = root
      self.stateDirectory = stateDirectory
      self.history = history
      self.ownerID = ownerID
      self.clock = clock
      self.keeper = keeper
    }

    /// The state directory; `nil` where it is missing and not to be made.
    ///
    /// - Throws: as `StateDirectory.open`.
    public func openStateDirectory(create: Bool) throws(LedgerError) -> StateDirectory? {
      try StateDirectory.open(at: stateDirectory, create: create, ownerID: ownerID)
    }
  }

  public let environment: Environment
  public let catalogue: Catalogue
  /// Told, while it waits, which processes are still awaited.
  public var waiting: ([Instance]) -> Void = { _ in }

  /// Asked wherever nothing is half done: the signal that asks this program to end, if there is one.
  public var interruption: @Sendable () -> Int32? = { nil }

  /// How long another command may hold the lock.
  public var lockTimeout: Duration = .seconds(10)
  /// How long one look at a process may take: what answers no sooner is left out of the run, with that reason.
  public var allowance: Duration = .seconds(1)

  public init(environment: Environment, catalogue: Catalogue = .placeOS) {
    self.environment = environment
    self.catalogue = catalogue
  }

  // MARK: status

  /// What is there, and the level of each. Writes nothing but the symbol cache.
  ///
  /// - Parameter isForReport: whether it is looked for what only a report needs, too: services whose container does not
  ///   run, and who keeps the deadlines.
  public func status(_ selection: Selection, isForReport: Bool = true) throws(Stop) -> StatusResult {
    let now = environment.clock()
    var stateProblem: LedgerError?
    var directory: StateDirectory?
    do { directory = try environment.openStateDirectory(create: false) } catch { stateProblem = error }
    let looks = try looks(directory)
    var state: LedgerState?
    if stateProblem == nil {
      do {
        state = try (directory?.readState() ?? LedgerState(bootID: looks.bootID)).current(boot(looks)).state
      } catch { stateProblem = error }
    }
    let census = try find(selection, looks, state, now)
    let candidates = Candidates(census, state, catalogue)
    let idle =
      isForReport && selection.mayIncludeIdle
      ? IdleService.all(root: environment.root, catalogue) : []
    let subjects = candidates.subjects
    let (chosen, unmatched) = try resolve(selection, subjects + idle.map(SelectionSubject.init), looks)
    let observed = candidates.observe(
      chosen.filter { $0 < subjects.count }.sorted(), observer(looks, census, selection, state, now), state,
      now)
    keepSymbols(of: looks, in: directory)
    var result = StatusResult(
      instances: observed.map(\.instance), unmatched: unmatched, restarted: census.ended.filter(\.debug),
      unreadable: census.unreadable, bootID: looks.bootID, now: now,
      keepers: isForReport ? keepers(directory, looks.bootID) : Keepers(),
      followed: state?.followed ?? [],
      awaited: selection.chosen(from: state?.awaited(ended: census.ended) ?? []),
      figures: state?.entries.isEmpty == false ? directory?.readFigures() : nil,
      idle: chosen.filter { $0 >= subjects.count }.sorted().map { idle[$0 - subjects.count] },
      stateProblem: stateProblem)
    result.keepers.deadlinesAtOnce = state?.deadlinesAtOnce ?? 0
    return result
  }

  // MARK: what the steps have in common

  /// The boot as it is seen here, now.
  func boot(_ looks: Looks) -> SeenBoot { looks.table.boot(looks.bootID, clock: environment.clock()) }

  func looks(_ directory: StateDirectory?) throws(Stop) -> Looks {
    let cache = directory?.readSymbols(limitBytes: SymbolCache.sizeLimitBytes)
    do {
      let looks = try Looks(
        table: environment.table, root: environment.root, symbolCache: SymbolCache(parsing: cache ?? []))
      looks.allowance = allowance
      return looks
    } catch { throw .host(error) }
  }

  func find(
    _ selection: Selection, _ looks: Looks, _ state: LedgerState?, _ now: HostClock
  ) throws(Stop) -> Census {
    do { return try Recogniser(looks: looks, catalogue: catalogue).find(selection, state, now: now) } catch {
      throw .host(error)
    }
  }

  /// What reads levels. Where a log has to tell one, all of PlaceOS's processes are looked for: only they show whose
  /// lines are whose.
  func observer(
    _ looks: Looks, _ census: Census, _ selection: Selection?, _ state: LedgerState?, _ now: HostClock
  ) -> Observer {
    var everybody: [RecognisedProcess]? = selection?.isEverything == true ? census.processes : nil
    return Observer(reader: LevelReader(looks: looks), catalogue: catalogue) { [catalogue] in
      if let everybody { return everybody }
      let recogniser = Recogniser(looks: looks, catalogue: catalogue)
      let found =
        (try? recogniser.find(.these([]), state, knowing: census, now: now))?.processes
        ?? census.processes
      everybody = found
      return found
    }
  }

  func resolve(
    _ selection: Selection, _ subjects: [SelectionSubject], _ looks: Looks, isWhole: Bool = true
  ) throws(Stop) -> (Set<Int>, [Unmatched]) {
    do throws(SelectorError) {
      var (chosen, unmatched): (Set<Int>, [Selector])
      do throws(SelectorError) {
        (chosen, unmatched) = try selection.resolve(subjects, isWhole: isWhole)
        if unmatched.isEmpty { return (chosen, []) }
      } catch {
        guard error.isOfUnknownName else { throw error }
        (chosen, unmatched) = ([], [])
      }
      // What it names may be there and not run.
      let idle = IdleService.all(root: environment.root, catalogue)
      let names = idle.map(SelectionSubject.init)
      let resting = try selection.findingOnly(names, beside: subjects)
      guard resting.isEmpty else {
        (chosen, unmatched) = try selection.resolve(subjects + names, isWhole: isWhole)
        return (
          chosen.filter { $0 < subjects.count },
          resting.map { Unmatched($0.selector, idle: $0.found.map { idle[$0] }) }
            + unmatched.map { Unmatched($0, among: subjects) { ((try? looks.hold(pid: $0)) ?? nil) != nil } }
        )
      }
      (chosen, unmatched) = try selection.resolve(subjects, isWhole: isWhole)
      return (
        chosen,
        unmatched.map { Unmatched($0, among: subjects) { ((try? looks.hold(pid: $0)) ?? nil) != nil } }
      )
    } catch { throw .selector(error) }
  }

  func keepSymbols(of looks: Looks, in directory: StateDirectory?) {
    guard let directory else { return }
    let bytes = looks.symbolCache.encoded()
    guard bytes != directory.readSymbols(limitBytes: SymbolCache.sizeLimitBytes),
      !looks.symbolCache.entries.isEmpty
    else { return }
    // A cache that cannot be kept costs the next run some milliseconds.
    try? directory.writeSymbols(bytes)
  }

  /// What keeps the deadlines, as far as can be seen.
  func keepers(_ directory: StateDirectory?, _ bootID: String) -> Keepers {
    KeeperSearch(environment: environment, bootID: bootID, now: environment.clock()).find(directory)
  }
}

/// What a selection is among: the processes that were recognised, and what is recorded and cannot be looked at.
struct Candidates {
  private let processes: [RecognisedProcess]
  private let unread: [Instance]

  init(_ census: Census, _ state: LedgerState?, _ catalogue: Catalogue) {
    processes = census.processes
    unread = (state?.entries ?? []).compactMap { entry in
      guard let failure = census.unrecognised[entry.identity] ?? nil else { return nil }
      return Instance(entry, failure, catalogue: catalogue)
    }
  }

  var subjects: [SelectionSubject] {
    processes.map(SelectionSubject.init) + unread.map(SelectionSubject.init)
  }

  /// The chosen ones, with their levels; those that have ended meanwhile are left out.
  func observe(
    _ chosen: [Int], _ observer: Observer, _ state: LedgerState?, _ now: HostClock
  ) -> [Observed] {
    let selected = chosen.filter { $0 < processes.count }.map { processes[$0] }
    let observed = observer.observe(selected, state, now: now).compactMap { $0 }
    return observed
      + chosen.filter { $0 >= processes.count }.map {
        Observed(instance: unread[$0 - processes.count], reading: nil)
      }
  }

  func recognised(_ chosen: [Int]) -> [RecognisedProcess] {
    chosen.filter { $0 < processes.count }.map { processes[$0] }
  }

  func unread(_ chosen: [Int]) -> [Instance] {
    chosen.filter { $0 >= processes.count }.map { unread[$0 - processes.count] }
  }
}
