/// The keys of state and history, all in one type: for every type of key the runtime makes the containers that
/// encode and decode by it, and that takes longer than a state file of usual size.
enum LedgerKey: String, CodingKey {
  case by, checksum, command, container, debug, dialect, entries, evidence, executable, followed, id, image
  case name, namespace, outcome, pid, pod, progress, reason, runtime, service, signal, time, uid, user
  case atBoottimeNs = "at_boottime_ns"
  case bootID = "boot_id"
  case deadlineBoottimeNs = "deadline_boottime_ns"
  case expiresAt = "expires_at"
  case lastSignal = "last_signal"
  case podContainer = "pod_container"
  case podName = "pod_name"
  case podNamespace = "pod_namespace"
  case schemaVersion = "schema_version"
  case senderBootID = "sender_boot_id"
  case senderPID = "sender_pid"
  case senderStartTicks = "sender_start_ticks"
  case sinceBoottimeNs = "since_boottime_ns"
  case sinceWallNs = "since_wall_ns"
  case startTicks = "start_ticks"
  case sudoUser = "sudo_user"
  case trustsName = "trusts_name"
  case wanted = "wanted_debug"
}
