import Containers
import Ledger
import PlaceOS
import Processes

/// A process that was recognised as PlaceOS's, before anything of its level is read.
struct RecognisedProcess {
  let identity: ProcessIdentity
  let service: Service
  /// Ruby under Puma, which no signal may reach.
  let isPuma: Bool
  let executable: ExecutableFile
  let arguments: [String]
  let container: Container?
  let proof: Proof?
  let trace: TraceSymbol
  /// Why its executable's symbols cannot be read.
  let refusal: HostError?
  let startLevel: LogLevel?
  /// The backing stores that its environment names; `nil` where it names none, or cannot be read.
  let namedStores: Set<BackingStore>?
  /// Whether its parent executes the same file. One that has just started may then be a copy that its service has made
  /// of itself on the way to another program: it has the handlers of its parent, and shares their pipe.
  let isCopy: Bool

  /// - Returns: `nil` where it is no process of PlaceOS's at its work.
  init?(
    _ identity: ProcessIdentity, _ reading: ProgramReading, entry: LedgerEntry?, catalogue: Catalogue,
    isCopy: Bool
  ) {
    let facts = ProcessFacts(
      executable: reading.executable.path, arguments: reading.arguments, comm: reading.comm,
      container: reading.container.map(ProcessFacts.ContainerFacts.init),
      hasPlaceOSSymbols: reading.symbols.areOfPlaceOS)
    let recognition = catalogue.recognise(facts)
    guard
      let service = catalogue.service(
        of: recognition, recorded: entry.map { ($0.service, $0.executable, $0.dialect) },
        executable: reading.executable.path)
    else { return nil }
    self.identity = identity
    self.service = service
    isPuma = recognition == .puma(service)
    executable = reading.executable
    arguments = reading.arguments
    container = reading.container
    // What a process says of itself proves nothing, whatever image it comes from.
    proof = reading.executable.isClaimed ? nil : catalogue.proof(of: facts)
    trace = reading.symbols.trace
    refusal = reading.symbols.refusal
    startLevel = reading.environment.map { .start(of: service, environment: $0) }
    let stores = reading.environment.map {
      Set(StoreUse.all(ofService: service.name, environment: $0).map(\.store))
    }
    namedStores = stores.flatMap { $0.isEmpty ? nil : $0 }
    self.isCopy = isCopy
  }

  var sortKey: (String, String, Int32) {
    (service.name, container?.name ?? container?.id ?? "", identity.pid)
  }
}

extension ProcessFacts.ContainerFacts {
  init(_ container: Container) {
    self.init(
      names: [container.name, container.pod?.container].compactMap { $0 },
      composeService: container.composeService, image: container.image)
  }
}
