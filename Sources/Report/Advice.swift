import Ledger
import Processes
import Switching
import Text

/// The advice here: it depends on where the program runs, and as whom.
public struct Advice: Sendable {
  public let surroundings: Surroundings
  /// How deadlines can be kept here, if nothing keeps them: a sentence, with the command line to type if
  /// there is one.
  public let arming: @Sendable () -> String
  /// The command line that was typed.
  public let commandLine: String

  public init(
    surroundings: Surroundings, commandLine: String, arming: @escaping @Sendable () -> String
  ) {
    self.surroundings = surroundings
    self.commandLine = commandLine
    self.arming = arming
  }

  /// What is searched here, in words.
  var place: String {
    guard !surroundings.seesHost else { return "this host" }
    return switch surroundings.kind {
    case .host: "this host"
    case .container: "this container"
    case .pod: "this pod"
    case .task: "this task"
    }
  }

  /// A command of this program, as it is typed here: images have no sudo(8).
  func command(_ words: String) -> String {
    (surroundings.kind == .host ? "sudo " : "") + "placeos-loglevel " + words
  }

  /// Says that no PlaceOS process is visible; if only a container's are, how to see more.
  public var nothingHere: String {
    guard !surroundings.seesHost else { return "no PlaceOS process runs on this host" }
    let options =
      switch surroundings.kind {
      case .pod:
        "those of the node are visible with 'hostPID: true' in the pod's spec, those of the other containers of the "
          + "pod with 'shareProcessNamespace: true' (kubectl debug: --target=CONTAINER)"
      case .task:
        "those of the task's other containers are visible with \"pidMode\": \"task\" in the task definition, those of "
          + "the instance with \"pidMode\": \"host\" (not on Fargate)"
      case .container, .host:
        "those of the host are visible with --pid=host, those of one container with --pid=container:NAME"
      }
    return "no PlaceOS process is visible: this container sees only its own processes; " + options
  }

  /// What to do if the kernel refuses; empty if it refuses nothing.
  func remedies(for errors: [HostError]) -> [String] {
    let refused = errors.filter(\.isForbidden)
    guard !refused.isEmpty else { return [] }
    if surroundings.userID != 0, surroundings.capabilities.isDisjoint(with: [.kill, .ptrace, .readSearch]) {
      return [otherUser]
    }
    var names: [String] = []
    for error in refused {
      if let name = error.missingCapability(surroundings.capabilities), !names.contains(name) {
        names.append(name)
      }
    }
    guard !names.isEmpty else {
      return [
        "the kernel refuses despite every capability: a security module or a seccomp filter blocks it"
          + (surroundings.kind == .container ? " (Docker: --security-opt apparmor=unconfined)" : "")
      ]
    }
    let list = names.map { "CAP_" + $0 }.joined(separator: ", ")
    return [
      "\(list) \(names.count == 1 ? "is" : "are") missing; to have \(names.count == 1 ? "it" : "them"):\n  \(line(names))"
    ]
  }

  /// What gives the right to enter the networks of services here.
  public var networkRemedy: String {
    surroundings.kind == .host && surroundings.userID != 0 ? "sudo " + commandLine : line(["SYS_ADMIN"])
  }

  /// The line that grants capabilities, in the words of the place.
  private func line(_ names: [String]) -> String {
    switch surroundings.kind {
    case .host: "systemd: CapabilityBoundingSet=" + names.map { "CAP_" + $0 }.joined(separator: " ")
    case .container:
      "Docker, Podman: " + names.map { "--cap-add \($0)" }.joined(separator: " ")
    case .pod:
      "Kubernetes, the container's securityContext: capabilities: {add: [\(names.joined(separator: ", "))]}"
    case .task:
      "ECS, the container's linuxParameters: \"capabilities\": {\"add\": ["
        + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]}"
        + (names == ["SYS_PTRACE"]
          ? "" : " (Fargate adds SYS_PTRACE only; run it as root there, with what a task has)")
    }
  }

  /// For a user without rights: whose processes are left, and who may.
  private var otherUser: String {
    let user = surroundings.userID
    let began = "user \(user) may look at its own processes and signal them, and at no others'"
    switch surroundings.kind {
    case .host: return began + "; for all of them, type:\n  sudo " + commandLine
    case .container:
      return began
        + "; run the container as their user (--user UID:GID), or as root with --cap-add KILL --cap-add SYS_PTRACE "
        + "--cap-add DAC_READ_SEARCH"
    case .pod:
      return began
        + "; in the container's securityContext, give it their user (runAsUser), or runAsUser: 0 and capabilities: "
        + "{add: [KILL, SYS_PTRACE, DAC_READ_SEARCH]}"
    case .task:
      return began
        + "; in the container definition, give it their \"user\", or \"user\": \"0\" and linuxParameters: "
        + "\"capabilities\": {\"add\": [\"SYS_PTRACE\"]}"
    }
  }
}

extension HostError {
  /// The capability that would have allowed it, without `CAP_`; `nil` if this program already has it.
  func missingCapability(_ own: Capabilities) -> String? {
    guard isForbidden else { return nil }
    switch self {
    case .process(_, "pidfd_send_signal", _): return own.contains(.kill) ? nil : "KILL"
    case .process: return own.contains(.ptrace) ? nil : "SYS_PTRACE"
    default:
      let isOfProcess: Bool
      if case .unreadable(let path, _) = self {
        isOfProcess = path.starts(with: "/proc")
      } else {
        isOfProcess = false
      }
      if isOfProcess, !own.contains(.ptrace) { return "SYS_PTRACE" }
      return own.isDisjoint(with: [.readSearch, .override]) ? "DAC_READ_SEARCH" : nil
    }
  }
}
