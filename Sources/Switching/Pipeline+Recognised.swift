import Containers
import PlaceOS
import Processes

/// A process that was recognised and selected, for commands that are about something else than its level.
public struct SelectedProcess: Hashable, Sendable {
  public let identity: ProcessIdentity
  public let service: Service
  public let container: Container?
  /// The path of its executable, as it sees it.
  public let executable: String
}

/// What a selection found.
public struct RecognisedResult: Sendable {
  public let processes: [SelectedProcess]
  public let unmatched: [Unmatched]
  /// Processes that may be PlaceOS's and could not be looked at.
  public let unreadable: [HostError]
}

extension Pipeline {
  /// Scans, recognises and selects; reads no level, and records nothing.
  public func recognised(_ selection: Selection) throws(Stop) -> RecognisedResult {
    let now = environment.clock()
    let looks = try looks(nil)
    let census = try find(selection, looks, nil, now)
    let candidates = Candidates(census, nil, catalogue)
    let (chosen, unmatched) = try resolve(selection, candidates.subjects, looks)
    let processes = candidates.recognised(chosen.sorted()).map {
      SelectedProcess(
        identity: $0.identity, service: $0.service, container: $0.container, executable: $0.executable.path)
    }
    return RecognisedResult(processes: processes, unmatched: unmatched, unreadable: census.unreadable)
  }
}
