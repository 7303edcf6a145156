import Ledger
import PlaceOS
import Processes

/// One process with its level, and what was read of it for that.
struct Observed {
  let instance: Instance
  /// `nil` if it could not be read: the instance says why.
  let reading: Reading?
}

/// Reads the levels of processes that were recognised and selected.
struct Observer {
  let reader: LevelReader
  let catalogue: Catalogue
  /// Who else may write to a log, asked only if a log has to tell a level.
  let neighbours: () -> [RecognisedProcess]

  /// - Parameters:
  ///   - state: what is recorded; `nil` if that is unknown.
  ///   - parts: what else to read; if not said, signals on their way where one of this tool's is open.
  /// - Returns: one for each process, in order; `nil` for one that has ended.
  func observe(
    _ processes: [RecognisedProcess], _ state: LedgerState?, _ parts: LookParts? = nil, now: HostClock
  ) -> [Observed?] {
    let parts = parts ?? (processes.contains { state?[$0.identity]?.hasOpenSignal == true } ? .drained : [])
    var results = reader.read(processes, parts, now: now)
    let silent = processes.indices.filter { results[$0].isSilent }
    if !silent.isEmpty {
      let everybody = neighbours()
      var writers: [ProcessIdentity: LogWriter] = [:]
      for index in silent {
        writers[processes[index].identity] = LogWriter(of: processes[index], among: everybody)
      }
      let asked = silent.filter { writers[processes[$0].identity] != nil }
      let again = reader.read(
        asked.map { processes[$0] }, parts, writers: writers, now: now)
      for (index, result) in zip(asked, again) { results[index] = result }
    }
    var senders: [ProcessIdentity: LevelContext.Sender] = [:]
    return zip(processes, results).map { observed($0, $1, state, &senders, now) }
  }

  private func observed(
    _ process: RecognisedProcess, _ result: Result<Reading?, HostError>, _ state: LedgerState?,
    _ senders: inout [ProcessIdentity: LevelContext.Sender], _ now: HostClock
  ) -> Observed? {
    let entry = state?[process.identity]
    switch result {
    case .success(nil): return nil
    case .failure(let error):
      return Observed(instance: Instance(process, error, entry: entry), reading: nil)
    case .success(let reading?):
      let context = LevelContext(
        entry: entry, isLedgerKnown: state != nil, sender: sender(of: entry?.lastSignal, &senders), now: now)
      return Observed(instance: Instance(process, reading, context), reading: reading)
    }
  }

  /// What became of the command that sent a signal. This one runs, and knows what it does.
  ///
  /// - Parameter known: what was found of others: many entries are of one command.
  private func sender(
    of signal: LedgerEntry.SentSignal?, _ known: inout [ProcessIdentity: LevelContext.Sender]
  ) -> LevelContext.Sender {
    guard let signal, signal.progress == .intended, let sender = signal.sender else { return .ended }
    if let known = known[sender] { return known }
    let found = self.sender(sender)
    known[sender] = found
    return found
  }

  private func sender(_ sender: ProcessIdentity) -> LevelContext.Sender {
    do throws(HostError) {
      guard let handle = try ProcessHandle.open(sender, proc: reader.looks.table.proc), !handle.hasEnded
      else { return .ended }
      return handle.stat.isStopped ? .stopped : .running
    } catch {
      // If that is unknown, it is taken to run: nothing is sent.
      return .running
    }
  }
}

extension LedgerEntry {
  fileprivate var hasOpenSignal: Bool { lastSignal.map { !$0.progress.isSettled } ?? false }
}

extension Result<Reading?, HostError> {
  /// Whether neither memory nor signals told a level that signals can change.
  fileprivate var isSilent: Bool {
    guard case .success(let reading?) = self else { return false }
    return reading.evidence.flag == nil && reading.handling.debug == nil && reading.handling.dialect != .none
  }
}
