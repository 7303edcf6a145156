import Containers
import Ledger
import PlaceOS
import Processes

/// What of PlaceOS was found on this host at one moment.
struct Census {
  /// Sorted by service, container and pid.
  var processes: [RecognisedProcess] = []
  /// What of the ledger has ended.
  var ended: [LedgerEntry] = []
  /// What of the ledger lives, and cannot be looked at or is another program by now.
  var unrecognised: [ProcessIdentity: HostError?] = [:]
  /// Processes that may be PlaceOS's and could not be looked at. Never taken for absent.
  var unreadable: [HostError] = []
  /// Which they are, as far as they could be held: in one run, none of them is waited for twice.
  var failed: Set<ProcessIdentity> = []
}

/// Scans and recognises: the first two steps of every command. It takes hold of a process once, and keeps it.
struct Recogniser {
  let looks: Looks
  let catalogue: Catalogue

  /// Looks at every process that may be one of the selected.
  ///
  /// - Parameters:
  ///   - selection: what cannot be selected by it is not looked at.
  ///   - state: what is recorded; `nil` where that is not known.
  ///   - known: what was found before in this run: what was recognised, or could not be looked at, is not looked at
  ///     again.
  func find(
    _ selection: Selection, _ state: LedgerState?, knowing known: Census = Census(), now: HostClock
  ) throws(HostError) -> Census {
    var census = Census()
    var pids = selection.pids
    if pids == nil {
      let names = selection.executableNames(in: catalogue)
      let scan = try ProcessScan(of: looks.table.proc) {
        names.include(ExecutableFile.withoutDeletedMark($0))
      }
      census.unreadable = scan.unreadable
      // What may not be looked at is not absent: it is known by what it says of itself.
      pids = scan.wanted + scan.forbidden.filter { claimsToBePlaceOS($0, &census) }
    }
    // What was switched may be known by a name that is in the catalogue no more.
    let recorded = (state?.entries ?? []).filter { selection.mayInclude($0) }
    let others = Set(recorded.map(\.identity.pid)).subtracting(pids ?? []).sorted()
    recognise((pids ?? []) + others, state, knowing: known, now, into: &census)
    settle(recorded, &census)
    census.processes.sort { $0.sortKey < $1.sortKey }
    return census
  }

  /// Looks at the processes of these entries and at no others: `revert` starts from the ledger.
  func find(_ entries: [LedgerEntry], _ state: LedgerState, now: HostClock) -> Census {
    var census = Census()
    recognise(entries.map(\.identity.pid), state, now, into: &census)
    settle(entries, &census)
    return census
  }

  private func recognise(
    _ pids: [Int32], _ state: LedgerState?, knowing earlier: Census = Census(), _ now: HostClock,
    into census: inout Census
  ) {
    let known = Dictionary(earlier.processes.map { ($0.identity.pid, $0) }) { first, _ in first }
    for start in stride(from: 0, to: pids.count, by: looks.limitHeld) {
      looks.startPart()
      var held: [HeldProcess] = []
      for pid in pids[start..<min(start + looks.limitHeld, pids.count)] {
        do throws(HostError) {
          if let known = known[pid], try looks.hold(known.identity) != nil {
            census.processes.append(known)
          } else if let process = try looks.hold(pid: pid), !earlier.failed.contains(process.identity) {
            held.append(process)
          }
        } catch {
          census.unreadable.append(error)
        }
      }
      var readings: [(HeldProcess, ProgramReading)] = []
      for (process, answer) in zip(held, looks.programs(of: held)) {
        switch answer {
        case .success(let reading?): readings.append((process, reading))
        case .success(nil): looks.release(process)
        case .failure(let error):
          if !error.isProcessGone {
            census.failed.insert(process.identity)
            note(error, of: process, state, &census)
          }
        }
      }
      var executables = Dictionary(readings.map { ($0.0.identity.pid, $0.1.executable) }) { first, _ in first
      }
      executables.merge(known.mapValues(\.executable)) { first, _ in first }
      // Of those that have just started, the parents that are not among them: once each, however many children one has.
      let young = readings.filter { $0.0.identity.isFresh(now: now) }
      let parents = Set(young.map(\.1.parentPID)).subtracting(executables.keys).sorted()
      executables.merge(self.executables(of: parents)) { first, _ in first }
      for (process, reading) in readings {
        let isCopy =
          process.identity.isFresh(now: now) && executables[reading.parentPID] == reading.executable
        let recognised = RecognisedProcess(
          process.identity, reading, entry: state?[process.identity], catalogue: catalogue,
          isCopy: isCopy)
        if let recognised { census.processes.append(recognised) } else { looks.release(process) }
      }
    }
  }

  private func executables(of pids: [Int32]) -> [Int32: ExecutableFile] {
    var executables: [Int32: ExecutableFile] = [:]
    for start in stride(from: 0, to: pids.count, by: Self.limitParents) {
      let held = pids[start..<min(start + Self.limitParents, pids.count)]
        .compactMap { (try? looks.hold(pid: $0)) ?? nil }
      for (process, answer) in zip(held, looks.programs(of: held)) {
        executables[process.identity.pid] = ((try? answer.get()) ?? nil)?.executable
        looks.release(process)
      }
    }
    return executables
  }

  /// How many parents are held beside a part: descriptors are for that part.
  private static let limitParents = 16

  /// Notes a process that cannot be looked at: in its own row where it is recorded, and as a problem otherwise.
  private func note(
    _ error: HostError, of process: HeldProcess, _ state: LedgerState?, _ census: inout Census
  ) {
    if state?[process.identity] != nil {
      census.unrecognised[process.identity] = error
    } else {
      census.unreadable.append(error)
    }
  }

  /// Sorts the entries whose process was not recognised into those that have ended and those that live.
  private func settle(_ entries: [LedgerEntry], _ census: inout Census) {
    let found = Set(census.processes.map(\.identity))
    for entry in entries where !found.contains(entry.identity) {
      guard census.unrecognised[entry.identity] == nil else { continue }
      do throws(HostError) {
        if try looks.hold(entry.identity) == nil {
          census.ended.append(entry)
        } else {
          census.unrecognised[entry.identity] = .some(nil)
        }
      } catch {
        census.unrecognised[entry.identity] = error
      }
    }
  }

  /// Whether a process that may not be looked at says that it is PlaceOS's.
  private func claimsToBePlaceOS(_ pid: Int32, _ census: inout Census) -> Bool {
    do {
      guard let process = try ProcessDirectory.open(pid: pid, proc: looks.table.proc),
        let claimed = try process.claimedExecutable()
      else { return false }
      let path = Array(claimed.path.utf8)
      return path.withUnsafeBufferPointer(catalogue.executableNames.include)
    } catch {
      // Where /proc hides what is others' (hidepid), it does so thousands of times: said once.
      let isSaid = error.isForbidden && census.unreadable.contains(where: \.isForbidden)
      if !error.isProcessGone, !isSaid { census.unreadable.append(error) }
      return false
    }
  }
}

extension ProcessIdentity {
  /// Whether it has just started: a copy that a service makes of itself to run another program is that program within
  /// milliseconds.
  func isFresh(now: HostClock) -> Bool { now.age(of: started) < .milliseconds(500) }
}
