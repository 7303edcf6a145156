/// What is fuzzed: a parser (or a reader and its parsers), by the name of its folder in `Corpus`.
///
/// Each has one function that takes any bytes. It must come back, whatever they are, and throws a `Violation`
/// where what was parsed contradicts itself, the bytes, or what comes back when it is written and read again.
enum FuzzedParser: String, CaseIterable, Sendable {
  case status, stat, io, cgroup, mountinfo, maps, words, auxv
  case docker, oci, podman
  case elf, symbols
  case logTail = "log-tail"
  case logEntry = "log-entry"
  case levelLine = "level-line"
  case localLog = "local-log"
  case historyName = "history-name"
  case keys
  case state
  case revertRun = "revert-run"
  case figures, inotify, history, selector, duration, configuration
  case socketMessages = "sock-diag"
  case socketTable = "tcp"
  case counters = "snmp"
  case hosts
  case localAddresses = "fib-trie"
  case hostResources = "meminfo"
  case storeEnvironment = "store-environment"
  case neighbour, complaint, probe

  func check(_ bytes: [UInt8]) throws {
    switch self {
    case .status: try ProcessFiles.status(bytes)
    case .stat: try ProcessFiles.stat(bytes)
    case .io: try ProcessFiles.io(bytes)
    case .cgroup: try ContainerFacts.cgroup(bytes)
    case .mountinfo: try ContainerFacts.mountinfo(bytes)
    case .maps: try ProcessFiles.maps(bytes)
    case .words: try ProcessFiles.words(bytes)
    case .auxv: try ProcessFiles.auxv(bytes)
    case .docker: try ContainerFacts.docker(bytes)
    case .oci: try ContainerFacts.oci(bytes)
    case .podman: try ContainerFacts.podman(bytes)
    case .elf: try Executables.elf(bytes)
    case .symbols: try Executables.symbols(bytes)
    case .logTail: try Logs.tail(bytes)
    case .logEntry: try Logs.entry(bytes)
    case .levelLine: try Logs.levelLine(bytes)
    case .localLog: try Logs.local(bytes)
    case .historyName: try StateFiles.historyName(bytes)
    case .keys: try Words.keys(bytes)
    case .state: try StateFiles.state(bytes)
    case .revertRun: try StateFiles.revertRun(bytes)
    case .figures: try StateFiles.figures(bytes)
    case .inotify: try DirectoryChanges.inotify(bytes)
    case .history: try StateFiles.history(bytes)
    case .selector: try Words.selector(bytes)
    case .duration: try Words.duration(bytes)
    case .configuration: try ConfigurationTexts.configuration(bytes)
    case .socketMessages: try Networks.socketMessages(bytes)
    case .socketTable: try Networks.socketTable(bytes)
    case .counters: try Networks.counters(bytes)
    case .hosts: try Networks.hosts(bytes)
    case .localAddresses: try Networks.localAddresses(bytes)
    case .hostResources: try Networks.hostResources(bytes)
    case .storeEnvironment: try Networks.storeEnvironment(bytes)
    case .neighbour: try Networks.neighbour(bytes)
    case .complaint: try Networks.complaint(bytes)
    case .probe: try Networks.probe(bytes)
    }
  }
}

/// A parser broke its word.
struct Violation: Error, CustomStringConvertible {
  let description: String
}

/// - Throws: a `Violation` unless `holds`.
func require(_ holds: @autoclosure () throws -> Bool, _ rule: String) throws {
  guard try holds() else { throw Violation(description: rule) }
}

/// What a parser makes of bytes; `nil` where it refuses them.
func accepted<Value>(_ parse: () throws -> Value) -> Value? { try? parse() }
