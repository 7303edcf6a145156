import Containers
import Diagnosis
import Ledger
import PlaceOS
import Processes
import Switching
import Text

/// The output of `diagnose`.
public struct DiagnosisReport {
  private let diagnosis: Diagnosis
  private let found: RecognisedResult
  private let advice: Advice

  /// - Parameter advice: the advice for this place.
  public init(_ diagnosis: Diagnosis, of found: RecognisedResult, advice: Advice) {
    self.diagnosis = diagnosis
    self.found = found
    self.advice = advice
  }

  /// Done: nothing fails. Not as asked: something does.
  public var exitStatus: ExitStatus {
    if found.processes.isEmpty, diagnosis.failing.isEmpty {
      return found.unreadable.isEmpty ? .nothingMatched : .nothingDone
    }
    if !diagnosis.failing.isEmpty { return .notAsAsked }
    // If nothing could be read, nothing is known to be well.
    let isBlind = diagnosis.backends.allSatisfy { $0.state == .unknown }
    return isBlind && !diagnosis.problems.isEmpty ? .nothingDone : .done
  }

  /// One JSON document.
  public func json(_ origin: Origin) -> String {
    Document.text(DiagnosisDocument(diagnosis, found, advice), origin, exitStatus, problems: problems)
  }

  private var errors: [HostError] { found.unreadable + diagnosis.problems }
  private var problems: [String] { errors.map(\.sentence) }

  /// A table, and the conclusions in words.
  public func text(_ style: Style) -> String {
    guard !diagnosis.backends.isEmpty else { return "" }
    var table = Table(["BACKEND", "STATE", "SEEN BY"], last: "EVIDENCE")
    for backend in diagnosis.backends {
      let isLikely = backend.state.isFailure && backend.certainty == .likely
      table.add(
        [
          Table.Cell(backend.kind.name),
          Table.Cell(backend.state.rawValue + (isLikely ? "?" : ""), backend.state.isFailure ? .red : nil),
          Table.Cell(seenBy(backend)),
        ], last: evidence(backend))
    }
    let words = diagnosis.failing.map { "\n" + sentence($0) }
    return table.rendered(style) + words.joined()
  }

  /// The output to standard error.
  public var remarks: [String] {
    var remarks = found.unmatched.map(\.sentence)
    if found.processes.isEmpty, found.unmatched.isEmpty {
      remarks.append(advice.nothingHere)
    } else if diagnosis.backends.isEmpty, !found.processes.isEmpty {
      remarks.append("the environment of these services names no backing store")
    }
    return remarks + errors.sentences + advice.remedies(for: errors)
  }

  private func seenBy(_ backend: Diagnosis.Backend) -> String {
    guard !backend.witnesses.isEmpty else { return advice.place }
    guard backend.state.isFailure else { return "\(backend.agreeing.count) of \(backend.witnesses.count)" }
    let failing = backend.witnesses.filter(\.verdict.state.isFailure)
    let names = Set(failing.map(\.process.service)).sorted().joined(separator: " ")
    return failing.count < backend.witnesses.count
      ? "\(names) (\(failing.count) of \(backend.witnesses.count))" : names
  }

  private func evidence(_ backend: Diagnosis.Backend) -> String {
    let text = backend.evidence.map(\.text).joined(separator: "; ")
    guard backend.state.isFailure, let address = backend.address else { return text }
    return "\(address): \(text)"
  }

  private func sentence(_ backend: Diagnosis.Backend) -> String {
    let verb = backend.certainty == .certain ? "is failing" : "is likely failing"
    let kind = backend.kind
    var lines = ["\(kind.name) \(verb): \(kind.usersSee)."]
    if !backend.mayFollowFrom.isEmpty {
      lines.append(
        "  It may follow from \(backend.mayFollowFrom.joined(separator: " and ")): look there first.")
    }
    lines.append("  To see it: \(kind.tryThis).")
    lines.append("  The logs that speak: \(kind.speaking.joined(separator: ", ")).")
    lines.append("  \(advice.command(backend.nextWords))")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Diagnosis.Backend {
  /// What to do next.
  fileprivate var nextWords: String {
    "follow \(kind.selector) --for 15m --reason '\(kind.name)'"
  }
}

struct DiagnosisDocument: Encodable {
  struct Backend: Encodable {
    let backend: String
    let state: String
    let certainty: String
    @OrNull var address: String?
    let seenBy: [WitnessDocument]
    let evidence: [EvidenceDocument]
    let mayFollowFrom: [String]
    @OrNull var usersSee: String?
    @OrNull var next: String?

    init(_ backend: Diagnosis.Backend, _ advice: Advice) {
      self.backend = backend.kind.name
      state = backend.state.rawValue
      certainty = backend.certainty.rawValue
      address = backend.address.map { "\($0)" }
      seenBy = backend.witnesses.map(WitnessDocument.init)
      evidence = backend.evidence.map(EvidenceDocument.init)
      mayFollowFrom = backend.mayFollowFrom
      usersSee = backend.state.isFailure ? backend.kind.usersSee : nil
      next = backend.state.isFailure ? advice.command(backend.nextWords) : nil
    }
  }

  struct WitnessDocument: Encodable {
    let service: String
    let pid: Int32
    @OrNull var container: Container?
    let state: String
    let certainty: String
    let evidence: [EvidenceDocument]

    init(_ witness: Witness) {
      service = witness.process.service
      pid = witness.process.identity.pid
      container = witness.process.container?.withoutPod
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

  init(_ diagnosis: Diagnosis, _ found: RecognisedResult, _ advice: Advice) {
    unmatched = found.unmatched.map(\.selector.word)
    backends = diagnosis.backends.map { Backend($0, advice) }
  }
}
