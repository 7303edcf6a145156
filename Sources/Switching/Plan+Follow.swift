import Ledger
import Processes

// What becomes of the followed services: decided with the plan, written with its intents.

extension Plan {
  /// The services that are followed once this plan is carried out.
  ///
  /// `--follow-restarts` has a service followed; switching debug mode off, or unfollowing it by name, ends
  /// that. A process that has ended changes nothing: that is what following is for.
  func followed(
    _ followed: [FollowedService], unfollowing: Set<ServicePlace>, now: HostClock
  ) -> [FollowedService] {
    var result = followed.filter { !unfollowing.contains($0.place) && !$0.deadline.isOver(at: now) }
    var moved: Set<ServicePlace> = []
    for step in steps {
      let place = step.target.place
      let index = result.firstIndex { $0.place == place }
      switch step.isTowards {
      case nil: continue
      case false?: if let index { result.remove(at: index) }
      case true?:
        guard index != nil || request.followsRestarts else { continue }
        let existing = index.map { result.remove(at: $0) }
        var service = FollowedService(step, of: request, now: now)
        if let existing {
          service.since = existing.since
          // Of several processes the last one to leave counts.
          if moved.contains(place) { service.deadline = existing.laterDeadline(service) }
          if !request.followsRestarts {
            (service.by, service.reason, service.trustsName) =
              (existing.by, existing.reason, existing.trustsName)
          }
        }
        moved.insert(place)
        result.append(service)
      }
    }
    return result
  }

  /// Services that are no longer followed, and that no step mentions.
  func released(from before: [FollowedService], to after: [FollowedService]) -> [FollowedService] {
    let spoken = Set(steps.map(\.target.place)).union(after.map(\.place))
    return before.filter { !spoken.contains($0.place) }
  }
}

extension Plan.Step {
  /// Where it leads, or leaves, the process; `nil` if nothing is done, and if the process has ended.
  fileprivate var isTowards: Bool? {
    switch action {
    case .send(_, let wanted): wanted
    // What somebody else has switched on is not this tool's to switch on again.
    case .leave: before == true ? (instance?.isOurs == true ? true : nil) : before
    case .forget(processEnded: false): false
    case .forget(processEnded: true), .refuse, .fail: nil
    }
  }
}

extension FollowedService {
  fileprivate init(_ step: Plan.Step, of request: Request, now: HostClock) {
    let target = step.target
    self.init(
      bootID: target.identity.bootID, service: target.service, executable: target.executable,
      container: target.container, since: now.boottime,
      deadline: step.deadline, by: request.by, reason: request.reason,
      trustsName: request.trustsNames)
  }

  fileprivate func laterDeadline(_ other: FollowedService) -> Deadline? {
    guard let deadline, let other = other.deadline else { return nil }
    return max(deadline, other)
  }
}

extension LedgerState {
  /// The followed services without any process in debug mode.
  ///
  /// - Parameter ended: the entries whose process has ended.
  func awaited(ended: [LedgerEntry]) -> [FollowedService] {
    let gone = Set(ended.map(\.identity))
    let present = Set(entries.filter { $0.debug && !gone.contains($0.identity) }.map(\.place))
    return followed.filter { !present.contains($0.place) }
  }
}

extension Selection {
  /// Those of `followed` that are selected. A name that fits two containers has already stopped the command,
  /// or fits no running one: it selects nothing here.
  func chosen(from followed: [FollowedService]) -> [FollowedService] {
    let chosen = (try? resolve(followed.map(SelectionSubject.init)))?.chosen ?? []
    return chosen.sorted().map { followed[$0] }
  }
}

extension Request {
  /// Which of the followed services to unfollow by name, whether or not a process of theirs runs: whoever
  /// switches off a service that is just restarting does not want it back in debug mode.
  func unfollowed(of followed: [FollowedService], now: HostClock) -> Set<ServicePlace> {
    guard verb == .off || verb == .revert else { return [] }
    return Set(
      selection.chosen(from: followed).filter { service in
        if onlyExpired, !service.deadline.isOver(at: now) { return false }
        if let olderThan, now.age(of: service.since) <= olderThan { return false }
        return true
      }.map(\.place))
  }

  /// Whether a selector names a followed service that this request unfollows.
  func names(_ selector: Selector, among followed: [FollowedService]) -> Bool {
    guard verb == .off || verb == .revert else { return false }
    return !Selection.these([selector]).chosen(from: followed).isEmpty
  }
}
