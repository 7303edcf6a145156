import Containers
import Ledger
import Processes
import Text

/// What the agent has to do, and when it has to wake for it: decided from the ledger, from the results of
/// earlier attempts, and from the time, which is an argument.
struct Agenda: Hashable {
  /// Processes that are in debug mode through this tool.
  private(set) var entries: [LedgerEntry] = []
  private(set) var followed: [FollowedService] = []
  /// Reverts that failed, and when to retry them.
  private(set) var retries: [ProcessIdentity: Retry] = [:]
  /// Followed services that have ended, and whose replacement is looked for.
  private(set) var searches: [ServicePlace: Search] = [:]

  /// Takes over the ledger's current state, of this boot.
  mutating func take(_ state: LedgerState, now: BootTime) {
    entries = state.entries.filter(\.debug)
    followed = state.followed
    let identities = Set(entries.map(\.identity))
    retries = retries.filter { identities.contains($0.key) }
    let places = Set(followed.filter { !$0.deadline.isOver(at: now) }.map(\.place))
    searches = searches.filter { places.contains($0.key) }
    // None of its processes is in debug mode: they ended while nobody looked.
    let present = Set(entries.map(\.place))
    for place in places where !present.contains(place) && searches[place] == nil {
      searches[place] = Search(started: now, wanted: 1)
    }
  }

  /// A process has ended, and with it its service's debug mode, in part or as a whole.
  mutating func noteEnd(of place: ServicePlace, now: BootTime) {
    guard followed.contains(where: { $0.place == place && !$0.deadline.isOver(at: now) }) else {
      return
    }
    let before = entries.filter { $0.place == place }.count
    let wanted = max(before, searches[place]?.wanted ?? 0, 1)
    searches[place] = Search(started: now, wanted: wanted)
  }

  // MARK: deadlines

  /// Whose time is up, and may be tried now. Those whose last signal is not confirmed, and those that failed
  /// before, come separately: they may have to be waited for, and the others must not wait.
  func dueReverts(now: BootTime) -> (ready: Set<ProcessIdentity>, unconfirmed: Set<ProcessIdentity>) {
    let due = entries.filter {
      $0.deadline.isOver(at: now) && (retries[$0.identity]?.next ?? .distantPast) <= now
    }
    let unconfirmed = due.filter { retries[$0.identity] != nil || $0.isUnconfirmed }.map(\.identity)
    return (Set(due.map(\.identity)).subtracting(unconfirmed), Set(unconfirmed))
  }

  /// Deadlines so close together, and so many, that what comes before the signals is done ahead of them.
  struct Crowd: Hashable {
    let identities: Set<ProcessIdentity>
    /// When to begin.
    let begin: BootTime
    /// The last of the deadlines: nothing is sent before it.
    let deadline: BootTime
  }

  /// The next deadlines, where they are a crowd.
  var crowd: Crowd? {
    let ready = entries.filter { retries[$0.identity] == nil && !$0.isUnconfirmed }
    guard let first = ready.compactMap(\.deadline).min() else { return nil }
    let together = ready.filter { $0.deadline.map { $0 < first + Self.crowdWindow } ?? false }
    guard together.count > Self.crowdSize else { return nil }
    return Crowd(
      identities: Set(together.map(\.identity)),
      begin: first - Self.preparation * together.count,
      deadline: together.compactMap(\.deadline).max() ?? first)
  }

  private static let crowdSize = 32
  private static let crowdWindow = Duration.milliseconds(10)
  /// What finding, planning and recording take for one process: longer than was measured (0.3 ms), by little, for
  /// whoever asks for one of them meanwhile has to wait.
  private static let preparation = Duration.microseconds(500)

  /// An attempt to revert did not take the process out of debug mode.
  mutating func noteFailure(of identity: ProcessIdentity, now: BootTime) {
    retries[identity, default: Retry()].fail(now: now)
  }

  /// How long a switch may be waited for now: not past the next deadline, which must not be late for it.
  func patience(now: BootTime, shortest: Duration, longest: Duration) -> Duration {
    let next = entries.compactMap(\.deadline).filter { $0 > now }.min() ?? .distantFuture
    return max(shortest, min(longest, next - now - Self.margin))
  }

  private static let margin = Duration.milliseconds(20)

  // MARK: restarts

  /// The followed services to be looked for now.
  func dueSearches(now: BootTime) -> [FollowedService] {
    followed.filter {
      !$0.deadline.isOver(at: now) && searches[$0.place].map { $0.next <= now } ?? false
    }
  }

  /// Services followed past their deadline, without a process whose revert would unfollow them.
  func dueFollows(now: BootTime) -> [FollowedService] {
    let present = Set(entries.map(\.place))
    return followed.filter { $0.deadline.isOver(at: now) && !present.contains($0.place) }
  }

  /// The result of a look: how many processes are in debug mode, and whether those are all.
  mutating func noteLook(for place: ServicePlace, inDebugMode count: Int, isComplete: Bool, now: BootTime) {
    guard var search = searches[place] else { return }
    search.looked(now: now)
    searches[place] = search.isOver(inDebugMode: count, isComplete: isComplete, now: now) ? nil : search
  }

  // MARK: waking

  /// When something is next to be done; `nil`: never.
  var next: BootTime? {
    let reverts = entries.compactMap { entry in
      entry.deadline.map { max($0, retries[entry.identity]?.next ?? .distantPast) }
    }
    let present = Set(entries.map(\.place))
    let follows = followed.filter { !present.contains($0.place) }.compactMap(\.deadline)
    return (reverts + searches.values.map(\.next) + follows + [crowd?.begin].compactMap { $0 }).min()
  }
}

extension LedgerEntry {
  fileprivate var isUnconfirmed: Bool { lastSignal.map { $0.progress != .confirmed } ?? false }
}

/// When a failure is retried: soon, and then ever less often.
struct Retry: Hashable {
  private(set) var next = BootTime.distantPast
  private(set) var failures = 0

  private static let first = Duration.milliseconds(250)
  private static let longest = Duration.seconds(60)

  mutating func fail(now: BootTime) {
    next = now + min(Self.longest, Self.first * (1 << min(failures, 16)))
    failures += 1
  }

  init() {}

  /// Soon, however often it has failed.
  init(busyAt now: BootTime) {
    fail(now: now - .milliseconds(230))
  }
}

/// The search for the replacement of a process that has ended.
///
/// No event reports it: the proc connector (netlink) needs CAP_NET_ADMIN, and a recreated container has
/// another control group, so there is nothing to watch. So the process table is polled, but only while a
/// followed service is missing, and ever less often. A restart takes a fraction of a second; Docker waits up
/// to a minute between the restarts of a container that keeps failing.
struct Search: Hashable {
  let started: BootTime
  /// How many processes there were before.
  let wanted: Int
  private(set) var next: BootTime

  init(started: BootTime, wanted: Int) {
    self.started = started
    self.wanted = wanted
    next = started
  }

  /// A service that comes back with fewer workers counts as complete after this time.
  private static let settled = Duration.seconds(30)

  mutating func looked(now: BootTime) {
    let pause: Duration =
      switch now - started {
      case ..<(.seconds(2)): .milliseconds(50)
      case ..<(.seconds(10)): .milliseconds(250)
      case ..<(.seconds(90)): .seconds(1)
      default: .seconds(5)
      }
    next = now + pause
  }

  func isOver(inDebugMode count: Int, isComplete: Bool, now: BootTime) -> Bool {
    guard isComplete, count > 0 else { return false }
    return count >= wanted || now - started >= Self.settled
  }
}
