import Containers
import PlaceOS
import Processes

/// A process that is to say how it stands with its stores.
public struct DiagnosedProcess: Hashable, Sendable {
  public let identity: ProcessIdentity
  public let service: String
  public let container: Container?

  public init(identity: ProcessIdentity, service: String, container: Container?) {
    self.identity = identity
    self.service = service
    self.container = container
  }
}

/// What one process shows of one of its stores.
public struct Witness: Hashable, Sendable {
  public let process: DiagnosedProcess
  public let use: StoreUse
  public let verdict: StoreVerdict

  public init(process: DiagnosedProcess, use: StoreUse, verdict: StoreVerdict) {
    self.process = process
    self.use = use
    self.verdict = verdict
  }
}

/// Which backing store fails, and what says so.
public struct Diagnosis: Hashable, Sendable {
  public struct Backend: Hashable, Sendable {
    public let store: BackingStore
    public let address: StoreAddress
    public let state: StoreState
    public let certainty: Certainty
    public let evidence: [StoreEvidence]
    public let witnesses: [Witness]

    /// Those for which it stands as it does for the store.
    public var agreeing: [Witness] { witnesses.filter { $0.verdict.state == state } }
  }

  public let backends: [Backend]
  /// What could not be looked at.
  public let problems: [HostError]

  /// The pure heart: from what each process shows to what is the matter with each store.
  public init(_ witnesses: [Witness], problems: [HostError] = []) {
    struct Key: Hashable {
      let store: BackingStore
      let address: StoreAddress
    }
    let groups = Dictionary(grouping: witnesses) { Key(store: $0.use.store, address: $0.use.address) }
    backends = groups.map { Self.backend($0.key.store, $0.key.address, $0.value) }
      .sorted { ($0.store.rawValue, "\($0.address)") < ($1.store.rawValue, "\($1.address)") }
    self.problems = problems
  }

  private static func backend(
    _ store: BackingStore, _ address: StoreAddress, _ witnesses: [Witness]
  ) -> Backend {
    let failing = witnesses.filter(\.verdict.state.isFailure)
    let well = witnesses.filter { $0.verdict.state == .ok }
    func backend(_ state: StoreState, _ certainty: Certainty, _ evidence: [StoreEvidence]) -> Backend {
      Backend(
        store: store, address: address, state: state, certainty: certainty, evidence: evidence,
        witnesses: witnesses)
    }
    func strongest(_ witnesses: [Witness]) -> Witness? {
      witnesses.first { $0.verdict.certainty == .certain } ?? witnesses.first
    }
    guard let worst = strongest(failing) else {
      guard let best = strongest(well) else {
        return backend(.unknown, .likely, witnesses.first?.verdict.evidence ?? [])
      }
      return backend(.ok, best.verdict.certainty, best.verdict.evidence)
    }
    let answered = well.filter { $0.verdict.certainty == .certain }
    guard answered.isEmpty || worst.verdict.state == .degraded else {
      // It answers others: what is wrong is between it and these.
      let names = Set(failing.map(\.process.service)).sorted().joined(separator: ", ")
      let text =
        "it answers \(answered.count) of \(witnesses.count): look at the network, name and credentials of \(names)"
      return backend(.degraded, .likely, [StoreEvidence(.process, text)] + worst.verdict.evidence)
    }
    return backend(worst.verdict.state, worst.verdict.certainty, worst.verdict.evidence)
  }

  public var failing: [Backend] { backends.filter(\.state.isFailure) }
}
