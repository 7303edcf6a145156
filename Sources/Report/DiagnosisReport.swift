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

  public init(_ diagnosis: Diagnosis, of found: RecognisedResult) {
    self.diagnosis = diagnosis
    self.found = found
  }

  /// Done: nothing fails. Not as asked: something does.
  public var exitStatus: ExitStatus {
    if found.processes.isEmpty { return found.unreadable.isEmpty ? .nothingMatched : .nothingDone }
    if !diagnosis.failing.isEmpty { return .notAsAsked }
    // Where nothing could be looked at, nothing is known to be well.
    let isBlind = diagnosis.backends.allSatisfy { $0.state == .unknown }
    return isBlind && !diagnosis.problems.isEmpty ? .nothingDone : .done
  }

  /// One JSON document.
  public func json(_ origin: Origin) -> String {
    Document.text(DiagnosisDocument(diagnosis, found), origin, exitStatus, problems: problems)
  }

  private var problems: [String] { (found.unreadable + diagnosis.problems).map(\.sentence) }

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
    return remarks + problems
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

  let unmatched: [String]
  let backends: [Backend]

  init(_ diagnosis: Diagnosis, _ found: RecognisedResult) {
    unmatched = found.unmatched.map(\.selector.word)
    backends = diagnosis.backends.map(Backend.init)
  }
}
