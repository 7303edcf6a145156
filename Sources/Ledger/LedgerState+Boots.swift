import Processes

extension LedgerState {
  /// This state as of a boot: entries of other boots are for processes that ended with their boot, and are
  /// dropped; those of other pid namespaces of this boot are set aside.
  ///
  /// Another boot id may be another id of this boot. It is, if the process of an entry lives here, by its pid
  /// and its start, and the clocks of the entry are those of this boot: then everything recorded under that
  /// id counts as recorded here. If only the process fits, by chance or because the wall clock was set since,
  /// the entry is set aside: neither acted on nor lost.
  public func current(_ boot: SeenBoot) -> (state: LedgerState, dropped: [LedgerEntry]) {
    let all = entries + elsewhere
    let allFollowed = followed + followedElsewhere
    let living = living(in: boot)
    let names = Set(Self.otherIDs(living, boot).union([boot.id]).map(Self.kernelsPart))
    func isHere(_ id: String) -> Bool {
      names.contains(Self.kernelsPart(of: id)) && boot.sharesPIDs(with: id)
    }

    // What is under the present id is newer than what is under another.
    var state = LedgerState(
      bootID: boot.id,
      entries: all.filter { $0.identity.bootID != boot.id && isHere($0.identity.bootID) }.map {
        $0.named(boot.id)
      }
        + all.filter { $0.identity.bootID == boot.id })
    state.followed = allFollowed.filter { $0.bootID == boot.id }
    for var service in allFollowed where service.bootID != boot.id && isHere(service.bootID) {
      service.bootID = boot.id
      if !state.followed.contains(where: { $0.place == service.place }) { state.followed.append(service) }
    }
    let rest = all.filter { !isHere($0.identity.bootID) }
    let aside = Set(living.map(\.identity))
    func isAside(_ entry: LedgerEntry) -> Bool {
      names.contains(Self.kernelsPart(of: entry.identity.bootID)) || aside.contains(entry.identity)
    }
    state.elsewhere = rest.filter(isAside)
    state.followedElsewhere = allFollowed.filter {
      !isHere($0.bootID) && names.contains(Self.kernelsPart(of: $0.bootID))
    }
    return (state, rest.filter { !isAside($0) })
  }

  /// The ids that living processes show to be other ids of a boot.
  public func otherIDs(of boot: SeenBoot) -> Set<String> { Self.otherIDs(living(in: boot), boot) }

  private static func otherIDs(_ living: [LedgerEntry], _ boot: SeenBoot) -> Set<String> {
    boot.otherIDs.union(living.filter { boot.contains($0.sinceOnBoth) }.map(\.identity.bootID))
  }

  /// What is recorded under other ids of living processes.
  private func living(in boot: SeenBoot) -> [LedgerEntry] {
    (entries + elsewhere).filter {
      $0.identity.bootID != boot.id && boot.sharesPIDs(with: $0.identity.bootID)
        && boot.has(pid: $0.identity.pid, startTicks: $0.identity.startTicks)
    }
  }

  /// Whether this state, which differs as of a boot, has something recorded there under another id.
  public func hasTakenOver(from written: LedgerState) -> Bool {
    entries.contains { written[$0.identity] == nil }
  }

  /// The id without the number of a pid namespace.
  private static func kernelsPart(of id: String) -> Substring { id.prefix { $0 != "/" } }
}

extension LedgerEntry {
  /// When it was last switched, on both clocks.
  fileprivate var sinceOnBoth: HostClock { HostClock(boottime: since, wall: sinceWall) }

  /// The same under another id of its boot.
  fileprivate func named(_ bootID: String) -> LedgerEntry {
    LedgerEntry(
      identity: ProcessIdentity(bootID: bootID, pid: identity.pid, startTicks: identity.startTicks),
      service: service, executable: executable, container: container, dialect: dialect, debug: debug,
      since: since, sinceWall: sinceWall, deadline: deadline, by: by, reason: reason, lastSignal: lastSignal)
  }
}
