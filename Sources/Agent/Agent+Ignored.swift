import Ledger
import Logging
import Processes

extension Agent {
  /// Reports what in the ledger is ignored, once, until that changes.
  func tellIgnored(_ elsewhere: [LedgerEntry], _ ofOtherBoots: [LedgerEntry], _ boot: SeenBoot) {
    var ignored: Set<ProcessIdentity> = []
    func tell(_ entries: [LedgerEntry], _ message: Logger.Message) {
      for entry in entries where entry.debug {
        guard ignored.insert(entry.identity).inserted, !self.ignored.contains(entry.identity) else {
          continue
        }
        log.warning(
          message,
          metadata: Self.metadata(of: entry).merging([
            "recorded_boot_id": "\(entry.identity.bootID)", "boot_id": "\(boot.id)",
          ]) { $1 })
      }
    }
    tell(
      elsewhere.filter { !boot.sharesPIDs(with: $0.identity.bootID) },
      """
      ignored: it is recorded in another pid namespace, a container's, and only an agent or a command there can take \
      it back
      """)
    tell(
      elsewhere.filter { boot.sharesPIDs(with: $0.identity.bootID) },
      """
      ignored: it is recorded under another boot id and at another time than this boot's; its process seems to live, and \
      'off' takes it back
      """)
    tell(ofOtherBoots, "ignored: it is recorded under another boot id, and its process has ended")
    self.ignored = ignored
  }

  /// Moves what is recorded under another id of this boot to the id that is seen here. Only a living process
  /// proves that both are the same: a followed service that restarts must be found without it.
  func takeOver(_ directory: StateDirectory, _ boot: SeenBoot) {
    do {
      var transaction = try directory.lock(timeout: .zero).begin()
      guard let state = transaction.state?.current(boot).state, state != transaction.state else { return }
      try transaction.writeState(state)
    } catch .busy {
      // Whoever holds the lock writes, and that is noticed.
    } catch {
      log.warning("not taken over from another boot id", metadata: ["error": "\(error.sentence)"])
    }
  }
}
