import FoundationEssentials
import Glibc
import PlaceOS
import Processes
import SystemPackage

/// Looks twice at processes and their stores, and diagnoses.
public struct Diagnoser {
  private let processes: [DiagnosedProcess]
  private let proc: FilePath
  private let root: FilePath
  /// How long to look.
  private let over: Duration
  /// How far back logs are read.
  private let since: Duration
  private let clock: @Sendable () -> HostClock
  /// How long one look may take.
  private static let allowance: Duration = .seconds(1)

  public init(
    _ processes: [DiagnosedProcess], proc: FilePath = "/proc", root: FilePath = "/", over: Duration,
    since: Duration, clock: @escaping @Sendable () -> HostClock = HostClock.now
  ) {
    self.processes = processes
    self.proc = proc
    self.root = root
    self.over = over
    self.since = since
    self.clock = clock
  }

  public func diagnose() -> Diagnosis {
    let now = clock()
    let (processes, proc, root) = (processes, proc, root)
    let sinceWallNs = now.wallNs - since.nanoseconds
    // A closure that is copied into each child with its own looker: what one learns, it keeps.
    let keeper = Keeper {
      StoreLooker(processes, proc: proc, root: root, sinceWallNs: sinceWallNs, nowWallNs: now.wallNs)
    }
    let pool = ReaderPool { keeper.looker.answer($0) }
    var problems: [HostError] = []
    let first: [StoreLooker.ProcessLook?] = ask(pool, .first, &problems)
    let sides = sides(pool, first)
    pause(until: now.boottimeNs + over.nanoseconds)
    let second: [StoreLooker.ProcessLook?] = ask(pool, .second, &problems)
    var witnesses: [Witness] = []
    for (index, process) in processes.enumerated() {
      guard let before = first[index] else { continue }
      let after = second[index]
      for (number, use) in before.uses.enumerated() {
        var reading = StoreReading()
        reading.holdsConnections = use.holdsConnections
        if before.sockets.indices.contains(number) { reading.before = before.sockets[number] }
        reading.areSocketsKnown = before.sockets.indices.contains(number)
        reading.after = reading.before
        if let after, after.uses == before.uses, after.sockets.indices.contains(number) {
          reading.after = after.sockets[number]
        }
        if let early = before.counters, let late = after?.counters, late.attemptFails > early.attemptFails {
          reading.failedAttempts = late.attemptFails - early.attemptFails
        }
        if before.complaints.indices.contains(number) { reading.complaints = before.complaints[number] }
        reading.own = sides[Place(index: index, number: number)]
        witnesses.append(Witness(process: process, use: use, verdict: StoreVerdict(reading)))
      }
    }
    return Diagnosis(witnesses, problems: problems)
  }

  private struct Place: Hashable {
    let index: Int
    let number: Int
  }

  private final class Keeper {
    private let make: () -> StoreLooker
    private(set) lazy var looker = make()
    init(_ make: @escaping () -> StoreLooker) { self.make = make }
  }

  private func ask(
    _ pool: ReaderPool, _ subject: StoreLooker.Request.Subject, _ problems: inout [HostError]
  ) -> [StoreLooker.ProcessLook?] {
    let requests = processes.indices.map { StoreLooker.Request(subject: subject, index: $0) }
    return zip(processes, pool.ask(requests.map(Self.bytes), allowance: Self.allowance)).map {
      process, answer in
      let path = proc.appending("\(process.identity.pid)")
      switch answer {
      case .success(let bytes):
        guard let look = try? JSONDecoder().decode(StoreLooker.ProcessLook.self, from: Data(bytes)) else {
          problems.append(.lookFailed(path: path))
          return nil
        }
        for bytes in look.problems {
          var reader = MessageReader(bytes[...])
          // The second look fails where the first did: said once.
          if let error = try? reader.read(HostError.self), !error.isProcessGone, !problems.contains(error) {
            problems.append(error)
          }
        }
        return look
      case .failure(.late): problems.append(.noAnswer(path: path))
      // A look at a process that has ended has no answer.
      case .failure(.ended):
        if access(path.string, F_OK) == 0 { problems.append(.lookFailed(path: path)) }
      case .failure(.none(let error)): problems.append(error)
      }
      return nil
    }
  }

  /// What the stores show of themselves. One that is reached by the same name from the same networks is looked at for
  /// each process all the same: names mean what they mean there.
  private func sides(_ pool: ReaderPool, _ looks: [StoreLooker.ProcessLook?]) -> [Place: StoreSide] {
    var places: [Place] = []
    var requests: [[UInt8]] = []
    for (index, look) in looks.enumerated() {
      for (number, use) in (look?.uses ?? []).enumerated() {
        places.append(Place(index: index, number: number))
        requests.append(Self.bytes(StoreLooker.Request(subject: .store, index: index, use: use)))
      }
    }
    var sides: [Place: StoreSide] = [:]
    for (place, answer) in zip(places, pool.ask(requests, allowance: Self.allowance)) {
      // What is not answered is not known; the processes' own sockets say the rest.
      guard case .success(let bytes) = answer else { continue }
      sides[place] = (try? JSONDecoder().decode([StoreSide].self, from: Data(bytes)))?.first
    }
    return sides
  }

  private static func bytes(_ request: StoreLooker.Request) -> [UInt8] {
    // A value of these types always has a form in JSON.
    (try? JSONEncoder().encode(request)).map { Array($0) } ?? []
  }

  private func pause(until boottimeNs: Int64) {
    while true {
      let restNs = boottimeNs - clock().boottimeNs
      guard restNs > 0 else { return }
      // EINTR: a signal that asks this program to end is looked at by whoever asked.
      guard poll(nil, 0, Int32(clamping: (restNs + 999_999) / 1_000_000)) == 0 else { return }
    }
  }
}
