import Ledger
import Switching
import Text

/// Whether anything takes debug mode back when its time is up.
enum RevertArming {
  /// What to say when deadlines are recorded; nothing if they are kept.
  ///
  /// - Parameter isHeld: whether this program keeps running, and at its own end takes back what it has done.
  static func warnings(
    _ keepers: Keepers, _ keeper: RevertKeeper?, bootID: String, isHeld: Bool = false,
    arming: @autoclosure () -> String
  ) -> [String] {
    var warnings = keepers.blindAgent(bootID: bootID).map { [$0.sentence(commandBootID: bootID)] } ?? []
    if keeper == nil {
      let what = isHeld ? "if this is killed, nothing will take it back" : "no deadline will be kept"
      warnings.append(
        "\(what): neither the agent nor systemd's timer nor cron runs 'revert --expired'. " + arming())
    }
    return warnings
  }
}

extension LivingAgent {
  /// Says that an agent runs, but does not keep these deadlines.
  fileprivate func sentence(commandBootID: String) -> String {
    "the agent\(pid.map { " (pid \($0))" } ?? "") ignores what is recorded here: it sees the boot id "
      + "\((bootID ?? "?").printable), and this command sees \(commandBootID). One of them is in a container, which has "
      + "its own processes; run both in the same place"
  }
}
