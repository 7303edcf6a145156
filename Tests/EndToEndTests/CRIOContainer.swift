import Glibc
import TestSupport
import Testing

/// A container as CRI-O runs it: its monitor, conmon(8), writes the log of the pod, and runc(8) starts it. Debian has no
/// CRI-O; the bundle, the control group and the names are what CRI-O gives the two.
final class CRIOContainer {
  static var isHere: Bool { TestMachine.isHere && [conmon, runc].allSatisfy(Files.exists) }
  private static let conmon = "/usr/bin/conmon"
  private static let runc = "/usr/sbin/runc"
  private static let state = "/run/runc"

  struct NotReady: Error { let log: String }

  let id = (0..<64).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
  let log: String
  private let bundle: String
  private let truth: String
  private let scratch = Scratch()

  /// - Parameters:
  ///   - pod: `NAMESPACE_NAME_UID`, as the pod's folder of logs is called.
  ///   - restarts: the number of its log.
  init(
    _ image: DockerImage, pod: String, container name: String, restarts: Int = 0,
    environment: [String: String] = [:]
  ) throws {
    let parts = pod.split(separator: "_").map(String.init)
    bundle = "/run/containers/storage/overlay-containers/\(id)/userdata"
    log = "\(Containerd.podLogs)/\(pod)/\(name)/\(restarts).log"
    truth = scratch.folder("truth")
    chmod(truth, 0o777)
    for (path, fixture) in image.files {
      _ = try scratch.copy(of: TestMachine.fixture(fixture), as: "root" + path)
    }
    for file in [log, "\(bundle)/config.json", scratch("exits/any"), scratch("sockets/any")] {
      Files.make(folderOf: file)
    }
    let variables = ["STANDIN_TRUTH_FILE": "/truth/level", "STANDIN_SIGNAL_FILE": "/truth/signals"]
      .merging(environment) { $1 }
    func quoted(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ",") }
    let config = """
      {"ociVersion":"1.0.2","root":{"path":"\(scratch("root"))"},
       "process":{"user":{"uid":10001,"gid":10001},"cwd":"/","args":[\(quoted([image.entrypoint] + image.command))],
         "env":[\(quoted(variables.map { "\($0.key)=\($0.value)" }))]},
       "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
         {"destination":"/truth","source":"\(truth)","options":["rbind","rw"]}],
       "linux":{"cgroupsPath":"/kubepods/burstable/pod\(parts[2])/crio-\(id)",
         "namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"network"}]},
       "annotations":{"io.container.manager":"cri-o","io.kubernetes.container.name":"\(name)",
         "io.kubernetes.cri-o.ImageName":"\(image.name)","io.kubernetes.pod.namespace":"\(parts[0])",
         "io.kubernetes.pod.name":"\(parts[1])","io.kubernetes.pod.uid":"\(parts[2])"}}
      """
    try Files.write(Array(config.utf8), to: "\(bundle)/config.json")
    try run(
      Self.conmon,
      "--cid", id, "--cuuid", id, "--bundle", bundle, "--log-path", log, "--runtime", Self.runc,
      "--runtime-arg", "--root=\(Self.state)", "--exit-dir", scratch("exits"), "--socket-dir-path",
      scratch("sockets"),
      "--container-pidfile", "\(bundle)/pidfile", "--conmon-pidfile", "\(bundle)/conmon-pidfile")
    let isMade = eventually { pid != nil }
    guard isMade else { throw NotReady(log: Files.text(log)) }
    try run(Self.runc, "--root", Self.state, "start", id)
    let isReady = eventually { isVerbose() != nil }
    guard isReady else { throw NotReady(log: Files.text(log)) }
  }

  private func run(_ program: String, _ arguments: String...) throws {
    let run = try Command.run(program, arguments)
    guard run.status == 0 else { throw NotReady(log: run.errors + Files.text(log)) }
  }

  deinit { end() }

  /// Ends what runs in it, waits for its monitor, and removes what CRI-O would remove; the log stays for the pod's owner.
  func end() {
    _ = try? Command.run(Self.runc, ["--root", Self.state, "delete", "--force", id])
    if let monitor = Int32(Files.text("\(bundle)/conmon-pidfile")) {
      _ = eventually { !Files.exists("/proc/\(monitor)/stat") }
    }
    Scratch.remove("/run/containers/storage/overlay-containers/\(id)")
  }

  /// The pid, on this host, of its main process; `nil` until it is made.
  var pid: Int32? { Int32(Files.text("\(bundle)/pidfile")) }

  /// Whether it is in debug mode, by its own word; `nil` before it has a handler.
  func isVerbose() -> Bool? { TruthFolder(path: truth).isVerbose() }

  /// The signals that it has acted upon, a line each.
  var signals: [Substring] { TruthFolder(path: truth).signals }

  /// Lets the log go on in a new file, as the kubelet and CRI-O do: the one renames it, the other asks conmon.
  func rotate() throws {
    let old = log + ".20261126-000000"
    rename(log, old)
    // REOPEN_LOGS of conmon's control pipe.
    let control = open("\(bundle)/ctl", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    guard control >= 0, write(control, "2 0 0\n", 6) == 6 else { throw NotReady(log: "conmon's ctl") }
    close(control)
    let isThere = eventually { Files.exists(log) }
    guard isThere else { throw NotReady(log: Files.text(old)) }
  }
}

extension Trait where Self == ConditionTrait {
  static var needsConmon: Self {
    .enabled(if: CRIOContainer.isHere, "needs conmon and runc: scripts/setup installs them")
  }
}
