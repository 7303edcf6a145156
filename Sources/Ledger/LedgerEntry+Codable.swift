import Containers
import Processes

// Written out by hand, because the compiler's own version leaves out what is nil and takes what is missing
// for nil: here a null is written, and a key that is missing is an error.

extension LedgerEntry: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    identity = ProcessIdentity(
      bootID: try values.decode(String.self, forKey: .bootID),
      pid: try values.decode(Int32.self, forKey: .pid),
      startTicks: try values.decode(UInt64.self, forKey: .startTicks))
    service = try values.decode(String.self, forKey: .service)
    executable = try values.decode(String.self, forKey: .executable)
    container = try values.decode(Container?.self, forKey: .container)
    dialect = try values.decode(String.self, forKey: .dialect)
    debug = try values.decode(Bool.self, forKey: .debug)
    sinceBoottimeNs = try values.decode(Int64.self, forKey: .sinceBoottimeNs)
    sinceWallNs = try values.decode(Int64.self, forKey: .sinceWallNs)
    deadlineBoottimeNs = try values.decode(Int64?.self, forKey: .deadlineBoottimeNs)
    by = try values.decode(Actor.self, forKey: .by)
    reason = try values.decode(String?.self, forKey: .reason)
    lastSignal = try values.decode(SentSignal?.self, forKey: .lastSignal)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(identity.bootID, forKey: .bootID)
    try values.encode(identity.pid, forKey: .pid)
    try values.encode(identity.startTicks, forKey: .startTicks)
    try values.encode(service, forKey: .service)
    try values.encode(executable, forKey: .executable)
    try values.encode(container, forKey: .container)
    try values.encode(dialect, forKey: .dialect)
    try values.encode(debug, forKey: .debug)
    try values.encode(sinceBoottimeNs, forKey: .sinceBoottimeNs)
    try values.encode(sinceWallNs, forKey: .sinceWallNs)
    try values.encode(deadlineBoottimeNs, forKey: .deadlineBoottimeNs)
    try values.encode(by, forKey: .by)
    try values.encode(reason, forKey: .reason)
    try values.encode(lastSignal, forKey: .lastSignal)
  }
}

extension LedgerEntry.Container: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    runtime = try values.decode(String.self, forKey: .runtime)
    id = try values.decode(String.self, forKey: .id)
    name = try values.decode(String?.self, forKey: .name)
    image = try values.decode(String?.self, forKey: .image)
    podNamespace = try values.decode(String?.self, forKey: .podNamespace)
    podName = try values.decode(String?.self, forKey: .podName)
    podContainer = try values.decode(String?.self, forKey: .podContainer)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(runtime, forKey: .runtime)
    try values.encode(id, forKey: .id)
    try values.encode(name, forKey: .name)
    try values.encode(image, forKey: .image)
    try values.encode(podNamespace, forKey: .podNamespace)
    try values.encode(podName, forKey: .podName)
    try values.encode(podContainer, forKey: .podContainer)
  }
}

extension LedgerEntry.Actor: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    user = try values.decode(String.self, forKey: .user)
    sudoUser = try values.decode(String?.self, forKey: .sudoUser)
    uid = try values.decode(UInt32.self, forKey: .uid)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(user, forKey: .user)
    try values.encode(sudoUser, forKey: .sudoUser)
    try values.encode(uid, forKey: .uid)
  }
}

extension LedgerEntry.SentSignal.Progress: Codable {}

extension LedgerEntry.SentSignal: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    signal = try values.decode(String.self, forKey: .signal)
    wanted = try values.decode(Bool.self, forKey: .wanted)
    atBoottimeNs = try values.decode(Int64.self, forKey: .atBoottimeNs)
    progress = try values.decode(Progress.self, forKey: .progress)
    // Only while its sender may be about to send it.
    if let pid = try values.decodeIfPresent(Int32.self, forKey: .senderPID) {
      sender = ProcessIdentity(
        bootID: try values.decode(String.self, forKey: .senderBootID), pid: pid,
        startTicks: try values.decode(UInt64.self, forKey: .senderStartTicks))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(signal, forKey: .signal)
    try values.encode(wanted, forKey: .wanted)
    try values.encode(atBoottimeNs, forKey: .atBoottimeNs)
    try values.encode(progress, forKey: .progress)
    try values.encodeIfPresent(sender?.bootID, forKey: .senderBootID)
    try values.encodeIfPresent(sender?.pid, forKey: .senderPID)
    try values.encodeIfPresent(sender?.startTicks, forKey: .senderStartTicks)
  }
}
