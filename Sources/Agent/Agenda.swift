import Containers
import Ledger
import Processes

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
  mutating func take(_ state: LedgerState, now: Int64) {
    entries = state.entries.filter(\.debug)
    followed = state.followed
    let identities = Set(entries.map(\.identity))
    retries = retries.filter { identities.contains($0.key) }
    let places = Set(followed.filter { !$0.deadline.isOver(atBoottimeNs: now) }.map(\.place))
    searches = searches.filter { places.contains($0.key) }
    // None of its processes is in debug mode: they ended while nobody looked.
    let present = Set(entries.map(\.place))
    for place in places where !present.contains(place) && searches[place] == nil {
      searches[place] = Search(startedNs: now, wanted: 1)
    }
  }

  /// A process has ended, and with it its service's debug mode, in part or as a whole.
  mutating func noteEnd(of place: ServicePlace, now: Int64) {
    guard followed.contains(where: { $0.place == place && !$0.deadline.isOver(atBoottimeNs: now) }) else {
      return
    }
    let before = entries.filter { $0.place == place }.count
    let wanted = max(before, searches[place]?.wanted ?? 0, 1)
    searches[place] = Search(startedNs: now, wanted: wanted)
  }

  // MARK: deadlines

  /// Whose time is up, and may be tried now. Those whose last signal is not confirmed, and those that failed
  /// before, come separately: they may have to be waited for, and the others must not wait.
  func dueReverts(now: Int64) -> (ready: Set<ProcessIdentity>, unconfirmed: Set<ProcessIdentity>) {
    let due = entries.filter {
      $0.deadline.isOver(atBoottimeNs: now) && (retries[$0.identity]?.nextNs ?? 0) <= now
    }
    let unconfirmed = due.filter { entry in
      retries[entry.identity] != nil || entry.lastSignal.map { $0.progress != .confirmed } ?? false
    }.map(\.identity)
    return (Set(due.map(\.identity)).subtracting(unconfirmed), Set(unconfirmed))
  }

  /// An attempt to revert did not take the process out of debug mode.
  mutating func noteFailure(of identity: ProcessIdentity, now: Int64) {
    retries[identity, default: Retry()].fail(now: now)
  }

  /// How long a switch may be waited for now: not past the next deadline, which must not be late for it.
  func patience(now: Int64, shortest: Duration, longest: Duration) -> Duration {
    let next = entries.compactMap(\.deadlineBoottimeNs).filter { $0 > now }.min() ?? .max
    return max(shortest, min(longest, .nanoseconds(next - now) - Self.margin))
  }

  private static let margin = Duration.milliseconds(20)

  // MARK: restarts

  /// The followed services to be looked for now.
  func dueSearches(now: Int64) -> [FollowedService] {
    followed.filter {
      !$0.deadline.isOver(atBoottimeNs: now) && searches[$0.place].map { $0.nextNs <= now } ?? false
    }
  }

  /// Services followed past their deadline, without a process whose revert would unfollow them.
  func dueFollows(now: Int64) -> [FollowedService] {
    let present = Set(entries.map(\.place))
    return followed.filter { $0.deadline.isOver(atBoottimeNs: now) && !present.contains($0.place) }
  }

  /// The result of a look: how many processes are in debug mode, and whether those are all.
  mutating func noteLook(for place: ServicePlace, inDebugMode count: Int, isComplete: Bool, now: Int64) {
    guard var search = searches[place] else { return }
    search.looked(now: now)
    searches[place] = search.isOver(inDebugMode: count, isComplete: isComplete, now: now) ? nil : search
  }

  // MARK: waking

  /// When something is next to be done; `nil`: never.
  var nextNs: Int64? {
    let reverts = entries.compactMap { entry in
      entry.deadlineBoottimeNs.map { max($0, retries[entry.identity]?.nextNs ?? 0) }
    }
    let present = Set(entries.map(\.place))
    let follows = followed.filter { !present.contains($0.place) }.compactMap(\.deadlineBoottimeNs)
    return (reverts + searches.values.map(\.nextNs) + follows).min()
  }
}

/// When a failure is retried: soon, and then ever less often.
struct Retry: Hashable {
  private(set) var nextNs: Int64 = 0
  private(set) var failures = 0

  private static let first = Duration.milliseconds(250)
  private static let longest = Duration.seconds(60)

  mutating func fail(now: Int64) {
    nextNs = now + min(Self.longest, Self.first * (1 << min(failures, 16))).nanoseconds
    failures += 1
  }

  init() {}

  /// Soon, however often it has failed.
  init(busyAt now: Int64) {
    fail(now: now - 230_000_000)
  }
}

/// The search for the replacement of a process that has ended.
///
/// No event reports it: the proc connector (netlink) needs CAP_NET_ADMIN, and a recreated container has
/// another control group, so there is nothing to watch. So the process table is polled, but only while a
/// followed service is missing, and ever less often. A restart takes a fraction of a second; Docker waits up
/// to a minute between the restarts of a container that keeps failing.
struct Search: Hashable {
  let startedNs: Int64
  /// How many processes there were before.
  let wanted: Int
  private(set) var nextNs: Int64

  init(startedNs: Int64, wanted: Int) {
    self.startedNs = startedNs
    self.wanted = wanted
    nextNs = startedNs
  }

  /// A service that comes back with fewer workers counts as complete after this time.
  private static let settled = Duration.seconds(30)

  mutating func looked(now: Int64) {
    let pause: Duration =
      switch Duration.nanoseconds(now - startedNs) {
      case ..<(.seconds(2)): .milliseconds(50)
      case ..<(.seconds(10)): .milliseconds(250)
      case ..<(.seconds(90)): .seconds(1)
      default: .seconds(5)
      }
    nextNs = now + pause.nanoseconds
  }

  func isOver(inDebugMode count: Int, isComplete: Bool, now: Int64) -> Bool {
    guard isComplete, count > 0 else { return false }
    return count >= wanted || .nanoseconds(now - startedNs) >= Self.settled
  }
}
