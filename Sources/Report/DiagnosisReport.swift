import Diagnosis
import Ledger
import PlaceOS
import Processes
import Switching
import Text

/// What `diagnose` shows.
public struct DiagnosisReport {
  private let diagnosis: Diagnosis
  private let found: RecognisedResult
  private let host: String
  private let now: HostClock

  public init(_ diagnosis: Diagnosis, of found: RecognisedResult, host: String, now: HostClock) {
    self.diagnosis = diagnosis
    self.found = found
    self.host = host
    self.now = now
  }

  /// 0 nothing fails · 4 something does · 1 no PlaceOS here · 3 could not look.
  public var exitStatus: Int32 {
    if found.processes.isEmpty { return found.unreadable.isEmpty ? 1 : 3 }
    if !diagnosis.failing.isEmpty { return 4 }
    // Where nothing could be looked at, nothing is known to be well.
    let isBlind = diagnosis.backends.allSatisfy { $0.state == .unknown }
    return isBlind && !diagnosis.problems.isEmpty ? 3 : 0
  }

  public var json: String { Document.text(DiagnosisDocument(diagnosis, found, host, now, exitStatus)) }

  /// A table, and in words what follows from it.
  public func text(_ style: Style) -> String {
    guard !diagnosis.backends.isEmpty else { return "" }
    var table = Table([("BACKEND", 14), ("STATE", 11), ("SEEN BY", 30)], last: "EVIDENCE")
    for backend in diagnosis.backends {
      let isLikely = backend.state.isFailure && backend.certainty == .likely
      table.add(
        [
          Table.Cell(backend.store.rawValue),
          Table.Cell(backend.state.rawValue + (isLikely ? "?" : ""), backend.state.isFailure ? .red : nil),
          Table.Cell(seenBy(backend)),
        ], last: evidence(backend))
    }
    let words = diagnosis.failing.map { "\n" + sentence($0) }
    return table.rendered(style) + words.joined()
  }

  /// What goes to standard error.
  public var remarks: [String] {
    var remarks = found.unmatched.map(\.sentence)
    if found.processes.isEmpty, found.unmatched.isEmpty {
      remarks.append("no PlaceOS process runs on this host")
    } else if diagnosis.backends.isEmpty, !found.processes.isEmpty {
      remarks.append("the environment of these services names no backing store")
    }
    return remarks + (found.unreadable + diagnosis.problems).map(\.sentence)
  }

  private func seenBy(_ backend: Diagnosis.Backend) -> String {
    let agreeing = backend.agreeing
    guard backend.state.isFailure else { return "\(agreeing.count) of \(backend.witnesses.count)" }
    let failing = backend.witnesses.filter(\.verdict.state.isFailure)
    return Set(failing.map(\.process.service)).sorted().joined(separator: " ")
  }

  private func evidence(_ backend: Diagnosis.Backend) -> String {
    let text = backend.evidence.map(\.text).joined(separator: "; ")
    return backend.state.isFailure ? "\(backend.address): \(text)" : text
  }

  private func sentence(_ backend: Diagnosis.Backend) -> String {
    let verb = backend.certainty == .certain ? "is failing" : "is likely failing"
    let store = backend.store
    return "\(store.rawValue) \(verb): \(store.usersSee).\n  To see it: \(store.tryThis).\n"
      + "  \(backend.nextCommand)\n"
  }
}

extension Diagnosis.Backend {
  /// The command to go on with.
  var nextCommand: String {
    "sudo placeos-loglevel follow backend:\(store.rawValue) --for 15m --reason '\(store.rawValue)'"
  }
}

struct DiagnosisDocument: Encodable {
  struct Backend: Encodable {
    let backend: String
    let state: String
    let certainty: String
    let address: String
    let seenBy: [WitnessDocument]
    let evidence: [EvidenceDocument]
    @OrNull var usersSee: String?
    @OrNull var next: String?

    init(_ backend: Diagnosis.Backend) {
      self.backend = backend.store.rawValue
      state = backend.state.rawValue
      certainty = backend.certainty.rawValue
      address = "\(backend.address)"
      seenBy = backend.witnesses.map(WitnessDocument.init)
      evidence = backend.evidence.map(EvidenceDocument.init)
      usersSee = backend.state.isFailure ? backend.store.usersSee : nil
      next = backend.state.isFailure ? backend.nextCommand : nil
    }
  }

  struct WitnessDocument: Encodable {
    let service: String
    let pid: Int32
    @OrNull var container: ContainerDocument?
    let state: String
    let certainty: String
    let evidence: [EvidenceDocument]

    init(_ witness: Witness) {
      service = witness.process.service
      pid = witness.process.identity.pid
      container = witness.process.container.map { ContainerDocument(LedgerEntry.Container($0)) }
      state = witness.verdict.state.rawValue
      certainty = witness.verdict.certainty.rawValue
      evidence = witness.verdict.evidence.map(EvidenceDocument.init)
    }
  }

  struct EvidenceDocument: Encodable {
    let kind: String
    let text: String

    init(_ evidence: StoreEvidence) {
      kind = evidence.kind.rawValue
      text = evidence.text
    }
  }

  let schemaVersion = Document.schemaVersion
  let host: String
  let time: Timestamp
  let exitStatus: Int32
  let problems: [String]
  let unmatched: [String]
  let backends: [Backend]

  init(
    _ diagnosis: Diagnosis, _ found: RecognisedResult, _ host: String, _ now: HostClock, _ exitStatus: Int32
  ) {
    self.host = host
    time = Timestamp(wallNs: now.wallNs)
    self.exitStatus = exitStatus
    problems = (found.unreadable + diagnosis.problems).map(\.sentence)
    unmatched = found.unmatched.map(\.selector.word)
    backends = diagnosis.backends.map(Backend.init)
  }
}
