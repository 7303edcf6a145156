import Glibc
import TestSupport
import Testing

/// A real containerd with its usual folders, for one test. `ctr` stands where the kubelet and the CRI plugin do: the
/// control group, the annotations, the mounts and the log of a container are what those two give it.
final class Containerd {
  static var isHere: Bool {
    TestMachine.isHere && [daemon, client].allSatisfy(Files.exists)
  }
  private static let daemon = "/usr/bin/containerd"
  private static let client = "/usr/bin/ctr"
  static let podLogs = "/var/log/pods"
  static let kubelet = "/var/lib/kubelet"

  struct NotReady: Error { let what: String, log: String }

  let scratch = Scratch()
  private let process: Child
  private var containers: [PodContainer] = []
  private var folders: Set<String> = []

  /// - Parameter state: where it keeps what it runs; `nil`: its own default.
  init(state: String? = nil) throws {
    process = try Child(
      Self.daemon, state.map { ["--state", $0] } ?? [], output: scratch("containerd.log"))
    let process = process
    let hasAnswered = eventually { (try? Self.run(["version"])) != nil || !process.isRunning }
    guard hasAnswered, process.isRunning else {
      throw NotReady(what: "containerd", log: Files.text(scratch("containerd.log")))
    }
  }

  deinit {
    for container in containers { container.end() }
    process.end()
    for folder in folders { Scratch.remove(folder) }
  }

  /// Runs a command of the client's, in the kubelet's namespace, to its end.
  @discardableResult
  static func run(_ arguments: [String]) throws -> String {
    try ContainerClient(program: client, global: ["--namespace", "k8s.io"]).run(arguments)
  }

  /// Starts a container of a pod and waits until its main program, a stand-in, has its handler.
  ///
  /// - Parameters:
  ///   - pod: `NAMESPACE_NAME_UID`, as the pod's folder of logs is called.
  ///   - restarts: how many containers of this name the pod has had: the number of the log.
  func start(
    _ image: DockerImage, pod: String, container name: String, restarts: Int = 0,
    environment: [String: String] = [:]
  ) throws -> PodContainer {
    let parts = pod.split(separator: "_").map(String.init)
    let (namespace, podName, uid) = (parts[0], parts[1], parts[2])
    let number = containers.count
    let root = scratch.folder("root-\(number)")
    for (path, fixture) in image.files {
      _ = try scratch.copy(of: TestMachine.fixture(fixture), as: "root-\(number)" + path)
    }
    let truth = scratch.folder("truth-\(number)")
    chmod(truth, 0o777)
    let home = "\(Self.kubelet)/pods/\(uid)"
    let hosts = "\(home)/etc-hosts"
    let termination = "\(home)/containers/\(name)/\(restarts)f00d"
    let log = "\(Self.podLogs)/\(pod)/\(name)/\(restarts).log"
    // Both folders go with the test, whoever made what is above them.
    folders.formUnion([home, "\(Self.podLogs)/\(pod)"])
    for file in [hosts, termination, log] {
      Files.make(folderOf: file)
      try Files.write([], to: file)
    }

    // What containerd makes of it has 64 hexadecimal digits, and so has this.
    let id = (0..<64).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
    var arguments = [
      "--namespace", "k8s.io", "run", "--rm", "--rootfs",
      "--cgroup", "/kubepods/burstable/pod\(uid)/\(id)",
      "--annotation", "io.kubernetes.cri.container-type=container",
      "--annotation", "io.kubernetes.cri.container-name=\(name)",
      "--annotation", "io.kubernetes.cri.image-name=\(image.name)",
      "--annotation", "io.kubernetes.cri.sandbox-name=\(podName)",
      "--annotation", "io.kubernetes.cri.sandbox-namespace=\(namespace)",
      "--mount", "type=bind,src=\(truth),dst=/truth,options=rbind:rw",
      "--mount", "type=bind,src=\(hosts),dst=/etc/hosts,options=rbind:ro",
      "--mount", "type=bind,src=\(termination),dst=/dev/termination-log,options=rbind:rw",
    ]
    let variables = [
      "STANDIN_TRUTH_FILE": "/truth/level", "STANDIN_SIGNAL_FILE": "/truth/signals",
    ].merging(environment) { $1 }
    for (key, value) in variables { arguments += ["--env", "\(key)=\(value)"] }
    arguments += [root, id, image.entrypoint] + image.command
    let container = try PodContainer(
      id: id, client: Self.client, arguments: arguments, log: log, truth: truth)
    containers.append(container)
    let hasStarted = eventually { container.isVerbose() != nil || !container.isRunning }
    guard hasStarted, container.isRunning else {
      throw NotReady(what: name, log: Files.text(log) + Files.text(container.complaints))
    }
    return container
  }
}

/// A running container of a pod, and what its main process says of itself.
final class PodContainer {
  let id: String
  let log: String
  private let truth: String
  private let child: Child

  /// What its client has complained of.
  fileprivate let complaints: String

  /// A line of a log as CRI has it: `2026-11-22T12:39:44.012345678Z stdout F …`.
  private static let writer = """
    log=$1 complaints=$2; shift 2
    "$@" 2>"$complaints" | while IFS= read -r line; do
      printf '%s stdout F %s\\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$line"
    done >>"$log"
    """

  fileprivate init(id: String, client: String, arguments: [String], log: String, truth: String) throws {
    self.id = id
    self.log = log
    self.truth = truth
    complaints = truth + "/complaints"
    child = try Child("/bin/sh", ["-c", Self.writer, "sh", log, complaints, client] + arguments)
  }

  fileprivate var isRunning: Bool { child.isRunning }

  /// Ends what runs in it, and waits until its client has removed it.
  func end() {
    guard child.isRunning else { return }
    _ = try? Containerd.run(["task", "kill", "--signal", "SIGKILL", "--all", id])
    _ = eventually { !child.isRunning }
  }

  /// The pid, on this host, of its main process.
  func pid() throws -> Int32? {
    for line in try Containerd.run(["task", "list"]).split(separator: "\n") {
      // TASK PID STATUS
      let words = line.split(separator: " ").map(String.init)
      if words.first == id, words.count > 1 { return Int32(words[1]) }
    }
    return nil
  }

  /// Whether it is in debug mode, by its own word; `nil` before it has a handler.
  func isVerbose() -> Bool? { TruthFolder(path: truth).isVerbose() }

  /// The signals that it has acted upon, a line each.
  var signals: [Substring] { TruthFolder(path: truth).signals }
}

extension Trait where Self == ConditionTrait {
  static var needsContainerd: Self {
    .enabled(if: Containerd.isHere, "needs containerd: scripts/setup installs it")
  }
}
