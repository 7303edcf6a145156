import Containers
import PlaceOS
import Processes

/// A process asked about the state of its stores.
public struct DiagnosedProcess: Hashable, Sendable {
  public let identity: ProcessIdentity
  public let service: String
  public let container: Container?
  /// The path of its executable, as it sees it.
  public let executable: String

  public init(identity: ProcessIdentity, service: String, container: Container?, executable: String = "") {
    self.identity = identity
    self.service = service
    self.container = container
    self.executable = executable
  }
}

/// What one process shows of one of its stores, or of another thing that it needs.
public struct Witness: Hashable, Sendable {
  public let process: DiagnosedProcess
  /// `nil`: not a store.
  public let use: StoreUse?
  public let verdict: StoreVerdict

  public init(process: DiagnosedProcess, use: StoreUse?, verdict: StoreVerdict) {
    self.process = process
    self.use = use
    self.verdict = verdict
  }
}

/// Everything that was read for a diagnosis.
public struct DiagnosisReadings: Sendable {
  public var witnesses: [Witness] = []
  public var services: [ServiceReading] = []
  public var host = HostReading()
  /// How long ago each process started, seconds.
  public var agesSeconds: [ProcessIdentity: Int64] = [:]
  /// Whether every service of the host is included, so that a missing one is really missing.
  public var isWhole = false
  /// Whether the host's processes are visible, not only those of one container or pod.
  public var isHostInSight = true
  /// What could not be read.
  public var problems: [HostError] = []

  public init() {}
}

/// Which backing store fails, and what shows it.
public struct Diagnosis: Hashable, Sendable {
  public struct Backend: Hashable, Sendable {
    public let kind: BackendKind
    /// `nil`: not a store.
    public let address: StoreAddress?
    public let state: StoreState
    public let certainty: Certainty
    public internal(set) var evidence: [StoreEvidence]
    public let witnesses: [Witness]
    /// What fails as well and may be the reason.
    public internal(set) var mayFollowFrom: [String] = []

    init(
      _ kind: BackendKind, address: StoreAddress? = nil, _ state: StoreState, _ certainty: Certainty,
      _ evidence: [StoreEvidence], _ witnesses: [Witness] = []
    ) {
      self.kind = kind
      self.address = address
      self.state = state
      self.certainty = certainty
      self.evidence = evidence
      self.witnesses = witnesses
    }

    /// The processes that see the store in this state.
    public var agreeing: [Witness] { witnesses.filter { $0.verdict.state == state } }
  }

  /// Causes before their effects.
  public let backends: [Backend]
  /// What could not be read.
  public let problems: [HostError]

  public init(_ witnesses: [Witness], problems: [HostError] = []) {
    var readings = DiagnosisReadings()
    readings.witnesses = witnesses
    readings.problems = problems
    self.init(readings)
  }

  /// The pure heart: from what each process and the host show to what is wrong.
  public init(_ readings: DiagnosisReadings) {
    struct Key: Hashable {
      let store: BackingStore
      let address: StoreAddress
    }
    var groups: [Key: [Witness]] = [:]
    for witness in readings.witnesses {
      guard let use = witness.use else { continue }
      groups[Key(store: use.store, address: use.address), default: []].append(witness)
    }
    var backends = groups.map { Self.backend($0.key.store, $0.key.address, $0.value) }
    let causes = Self.causes(readings)
    let names = causes.map(\.kind.name)
    for index in backends.indices where backends[index].state.isFailure {
      backends[index].mayFollowFrom = names
    }
    backends += causes + Self.parts(readings, stores: backends)
    func rank(_ backend: Backend) -> (Int, String, String) {
      (backend.kind.rank.0, backend.kind.rank.1, backend.address?.description ?? "")
    }
    self.backends = backends.sorted { rank($0) < rank($1) }
    problems = readings.problems
  }

  private static func backend(
    _ store: BackingStore, _ address: StoreAddress, _ witnesses: [Witness]
  ) -> Backend {
    let failing = witnesses.filter(\.verdict.state.isFailure)
    let well = witnesses.filter { $0.verdict.state == .ok }
    func backend(_ state: StoreState, _ certainty: Certainty, _ evidence: [StoreEvidence]) -> Backend {
      Backend(.store(store), address: address, state, certainty, evidence, witnesses)
    }
    guard let worst = strongest(failing) else {
      guard let best = strongest(well) else {
        return backend(.unknown, .likely, witnesses.first?.verdict.evidence ?? [])
      }
      return backend(.ok, best.verdict.certainty, best.verdict.evidence)
    }
    // A hanging store still listens, and looks well to those who have not asked it: against that only a
    // certain answer counts.
    let answered = well.filter { $0.verdict.certainty == .certain || worst.verdict.state != .hangs }
    guard answered.isEmpty || worst.verdict.state == .degraded else {
      // It answers others: the problem is between it and these.
      let names = Set(failing.map(\.process.service)).sorted().joined(separator: ", ")
      let text =
        "it answers \(answered.count) of \(witnesses.count): look at the network, name and credentials of \(names)"
      return backend(.degraded, .likely, [StoreEvidence(.process, text)] + worst.verdict.evidence)
    }
    return backend(worst.verdict.state, worst.verdict.certainty, worst.verdict.evidence)
  }

  /// The surest of them and, among equally sure ones, the one that most report.
  private static func strongest(_ witnesses: [Witness]) -> Witness? {
    let certain = witnesses.filter { $0.verdict.certainty == .certain }
    let surest = certain.isEmpty ? witnesses : certain
    let counts = Dictionary(grouping: surest, by: \.verdict.state).mapValues(\.count)
    let most = counts.values.max()
    return surest.first { counts[$0.verdict.state] == most }
  }

  public var failing: [Backend] { backends.filter(\.state.isFailure) }
}
