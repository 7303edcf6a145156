import Containers
import Ledger
import PlaceOS
import Processes

/// A process recognised as a PlaceOS service, before anything of its level is read.
struct RecognisedProcess {
  let identity: ProcessIdentity
  let service: Service
  /// What it is, if no signal may reach it whatever its handlers are.
  let unswitchable: Handling?
  let executable: ExecutableFile
  let arguments: [String]
  /// The addresses of its program.
  let addresses: ProcStat.ProgramAddresses
  let container: Container?
  let proof: Proof?
  let trace: TraceSymbol
  /// Why its executable's symbols cannot be read.
  let refusal: HostError?
  let startLevel: LogLevel?
  /// The backing stores that its environment names; `nil` if it names none, or cannot be read.
  let namedStores: Set<BackingStore>?
  /// Whether its parent executes the same file. A new process may then be a copy that its service has forked,
  /// about to execute another program: it has its parent's handlers, and shares its parent's pipe.
  let isCopy: Bool

  /// - Returns: `nil` if it is not a PlaceOS service.
  init?(
    _ identity: ProcessIdentity, _ reading: ProgramReading, entry: LedgerEntry?, catalogue: Catalogue,
    isCopy: Bool
  ) {
    let facts = ProcessFacts(
      executable: reading.executable.path, arguments: reading.arguments, comm: reading.comm,
      container: reading.container.map(ProcessFacts.ContainerFacts.init),
      hasPlaceOSSymbols: reading.symbols.areOfPlaceOS, environment: reading.environment ?? [:])
    let recognition = catalogue.recognise(facts)
    guard
      let service = catalogue.service(
        of: recognition, recorded: entry.map { ($0.service, $0.executable, $0.dialect) },
        executable: reading.executable.path)
    else { return nil }
    self.identity = identity
    self.service = service
    unswitchable =
      switch recognition {
      case .puma: .puma
      case .emulated: .emulated
      case .service, .errand, .other: nil
      }
    executable = reading.executable
    arguments = reading.arguments
    addresses = reading.addresses
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
