import Containers
import Ledger
import Processes
import TestSupport
import Text

@testable import PlaceOS
@testable import Switching

let bootID = "5b1c1f0a-0d5e-4a1e-9f6e-3d1f6f6f6a01"
let second = Duration.seconds(1)
let hour = Duration.seconds(3600)
/// Three hours after boot.
let now = HostClock(boottime: boot + 3 * hour, wall: 1_795_350_000_000_000_000)
let steve = LedgerEntry.Actor(user: "root", sudoUser: "steve", uid: 0)

func service(_ name: String) -> Service {
  guard let service = Catalogue.placeOS.service(named: name) else { preconditionFailure(name) }
  return service
}

func identity(_ pid: Int32, start: UInt64 = 100) -> ProcessIdentity {
  ProcessIdentity(bootID: bootID, pid: pid, startTicks: start)
}

/// A process as it may have been observed.
func instance(
  _ pid: Int32 = 4711, service name: String = "api", handling: Handling = Handling(.toggle),
  debug: Bool? = false,
  evidence: Evidence = .memory, entry: LedgerEntry? = nil, isStopped: Bool = false,
  underway: Underway = .nothing,
  startLevel: LogLevel? = .info, container: Container? = nil, proof: Proof? = .symbols,
  level: LevelReading? = nil
) -> Instance {
  Instance(
    identity: entry?.identity ?? identity(pid), service: service(name),
    executable: ExecutableFile(path: service(name).executables[0], device: 1, inode: 2), arguments: ["/x"],
    container: container, handling: handling, proof: proof,
    level: level ?? LevelReading(debug: debug, evidence: evidence),
    isStopped: isStopped, underway: underway, startLevel: startLevel, entry: entry)
}

/// What the ledger may say of a process.
func entry(
  _ pid: Int32 = 4711, debug: Bool = true, deadline: BootTime? = boot + 3 * hour + 600 * second,
  since: BootTime = boot + 2 * hour,
  sent: LedgerEntry.SentSignal? = nil, start: UInt64 = 100, boot: String = bootID
) -> LedgerEntry {
  LedgerEntry(
    identity: ProcessIdentity(bootID: boot, pid: pid, startTicks: start), service: "api",
    executable: "/rest-api",
    container: nil, dialect: "toggle", debug: debug, since: since, sinceWall: 1,
    deadline: deadline,
    by: steve, reason: nil, lastSignal: sent)
}

func sent(
  _ wanted: Bool, secondsAgo: Double, _ progress: LedgerEntry.SentSignal.Progress = .sent
) -> LedgerEntry.SentSignal {
  LedgerEntry.SentSignal(
    signal: "USR1", wanted: wanted, at: now.boottime - .seconds(secondsAgo), progress: progress
  )
}

func request(
  _ verb: Request.Verb, all: Bool = false, deadline: Request.Deadline = .standard, strict: Bool = false,
  onlyExpired: Bool = false, olderThan: Duration? = nil, trustsNames: Bool = false
) -> Request {
  Request(
    verb: verb, selection: all ? .all(drivers: []) : .these([.service(service("api"))]), deadline: deadline,
    onlyExpired: onlyExpired, olderThan: olderThan, by: steve, wait: .zero, isStrict: strict,
    trustsNames: trustsNames)
}

func steps(_ request: Request, _ instances: [Instance]) -> [Plan.Step] {
  Plan(for: request, instances: instances, now: now).steps
}

func step(_ request: Request, _ instance: Instance) -> Plan.Step { steps(request, [instance])[0] }

/// What a `revert` plans for an entry.
func takeBack(
  _ entry: LedgerEntry, _ instance: Instance?, isAlive: Bool = true, _ request: Request = request(.revert)
) -> Plan.Step? {
  let plan = Plan(
    for: request, instances: instance.map { [$0] } ?? [], entries: [entry],
    alive: isAlive ? [entry.identity] : [], now: now)
  return plan.steps.first
}

/// Numbers that look random and are the same in each run.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var mixed = state
    mixed ^= mixed >> 32
    mixed = mixed &* 0xD6E8_FEB8_6659_FD93
    return mixed ^ (mixed >> 29)
  }

  mutating func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &self)! }
  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
