import Executables
import Glibc
import Processes
import SystemPackage
import Text

/// The processes that are held, and the looks at them.
///
/// To hold a process takes two descriptors. Where there are not enough for all, they are taken in parts: those that were
/// held longest are released, and taken hold of again, by their identity, when it is their turn; never those of the part
/// that is being looked at.
final class Looks {
  let table: any ProcessTable
  let bootID: String
  /// Where trace flags were found; what is learnt here makes the next run faster.
  private(set) var symbolCache: SymbolCache
  /// How long one look may take; one that waits for the same thing all the time, ``stuck``.
  var allowance: Duration = .seconds(1)
  private static let stuck: Duration = .milliseconds(400)

  private var held: [ProcessIdentity: HeldProcess] = [:]
  private var slots: [HeldProcess?] = []
  private var order: [ProcessIdentity] = []
  /// The part in which each was wanted last, and the present one.
  private var lastPart: [ProcessIdentity: Int] = [:]
  private var part = 0
  private let pool: ReaderPool
  private let shared: Shared
  /// How many slots the present reader process knows.
  private var knownSlots = 0

  /// How many processes can be held at one moment.
  let limitHeld: Int

  /// What a reader process sees of this one: as it was when the reader was made.
  private final class Shared {
    weak var looks: Looks?
    var looker: Looker?
  }

  init(table: any ProcessTable, root: FilePath, symbolCache: SymbolCache) throws(HostError) {
    self.table = table
    self.symbolCache = symbolCache
    limitHeld = Self.limitHeld()
    bootID = try table.bootID()
    let shared = Shared()
    self.shared = shared
    pool = ReaderPool { request in
      // In the reader process: made with its first request.
      if shared.looker == nil, let looks = shared.looks {
        shared.looker = Looker(table: table, root: root, cache: looks.symbolCache) { looks.slots[$0] }
      }
      return shared.looker?.answer(request) ?? []
    }
    shared.looks = self
  }

  /// Two descriptors a process, of those that are left. The rest is for files that are read, for reader processes, and
  /// for what a library may open.
  private static func limitHeld() -> Int {
    let open = (try? ProcessDirectory.open(pid: getpid(), proc: "/proc")?.descriptorCount()) ?? 64
    return max(32, (DescriptorLimit.soft - open - 96) / 2)
  }

  // MARK: holding

  /// What is held from here on is looked at together: at most ``limitHeld`` processes.
  func startPart() { part += 1 }

  /// Takes hold of the process that has this pid now; `nil` if there is none.
  func hold(pid: Int32) throws(HostError) -> HeldProcess? {
    makeRoom()
    guard let handle = try ProcessHandle.open(pid: pid, bootID: bootID, proc: table.proc) else { return nil }
    if let known = held[handle.identity] {
      lastPart[known.identity] = part
      return known
    }
    return keep(handle)
  }

  /// Takes hold of one certain process, unless it is held; `nil` if it has ended.
  func hold(_ identity: ProcessIdentity) throws(HostError) -> HeldProcess? {
    if let known = held[identity] {
      lastPart[identity] = part
      return known.handle.hasEnded ? nil : known
    }
    guard identity.bootID == bootID else { return nil }
    makeRoom()
    guard let handle = try ProcessHandle.open(identity, proc: table.proc), !handle.hasEnded else {
      return nil
    }
    return keep(handle)
  }

  /// Releases a process that is of no interest.
  func release(_ process: HeldProcess) {
    held[process.identity] = nil
    lastPart[process.identity] = nil
    slots[process.slot] = nil
  }

  private func keep(_ handle: consuming ProcessHandle) -> HeldProcess {
    let process = HeldProcess(handle, slot: slots.count)
    slots.append(process)
    held[process.identity] = process
    order.append(process.identity)
    lastPart[process.identity] = part
    return process
  }

  private func makeRoom() {
    guard held.count >= limitHeld else { return }
    order.removeAll { held[$0] == nil }
    // The elder half of the others. A part that fills it all has been looked at when more is wanted.
    let others = order.filter { lastPart[$0] != part }
    let free = others.isEmpty ? order : others
    for identity in free.prefix((free.count + 1) / 2) {
      if let process = held[identity] { release(process) }
    }
  }

  // MARK: looking

  /// What these processes execute; `nil` for one that is gone.
  func programs(of processes: [HeldProcess]) -> [Result<ProgramReading?, HostError>] {
    let answers: [Result<ProgramReading?, HostError>] = ask(processes) {
      LookRequest(subject: .program, slot: processes[$0].slot)
    }
    for case .success(let reading?) in answers {
      if let entry = reading.symbols.learnt { symbolCache.record(entry) }
    }
    return answers
  }

  /// What shows the levels of these processes, and what is on its way to them.
  ///
  /// - Parameters:
  ///   - parts: what is looked at besides.
  ///   - recognised: where the program was that was recognised, whether it has a trace flag, and how its log is read, by
  ///     the number of the process.
  func levels(
    of processes: [HeldProcess], _ parts: LookParts, now: WallTime,
    recognised: (Int) -> (addresses: ProcStat.ProgramAddresses, hasFlag: Bool, log: LogQuestion?)
  ) -> [Result<LevelLook, HostError>] {
    ask(processes) { number in
      let (addresses, hasFlag, log) = recognised(number)
      return LookRequest(
        subject: .level, slot: processes[number].slot, hasFlag: hasFlag, log: log, parts: parts,
        addresses: addresses,
        now: now)
    }
  }

  private func ask<Answer: Message>(
    _ processes: [HeldProcess], _ request: (Int) -> LookRequest
  ) -> [Result<Answer, HostError>] {
    guard !processes.isEmpty else { return [] }
    if processes.contains(where: { $0.slot >= knownSlots }) {
      pool.renew()
      knownSlots = slots.count
    }
    let requests = processes.indices.map { number in
      var writer = MessageWriter()
      writer.write(request(number))
      return writer.bytes
    }
    let answers = pool.ask(
      requests, subjects: processes.map(\.slot), allowance: allowance, stuck: Self.stuck)
    return zip(processes, answers).map { process, answer in
      let path = process.handle.directory.path
      switch answer {
      case .success(let bytes):
        var reader = MessageReader(bytes[...])
        return (try? reader.read(Result<Answer, HostError>.self)) ?? .failure(.lookFailed(path: path))
      case .failure(.late): return .failure(.noAnswer(path: path))
      case .failure(.ended): return .failure(.lookFailed(path: path))
      case .failure(.none(let error)): return .failure(error)
      }
    }
  }
}
