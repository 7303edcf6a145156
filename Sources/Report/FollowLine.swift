import Containers
import Ledger
import Switching

/// The command that follows the logs of containers that have just been turned verbose.
struct FollowCommand {
  let line: String

  /// - Returns: `nil` where none of them is in a container whose runtime has such a command.
  init?(for outcomes: [Outcome]) {
    var commands: [String] = []
    for outcome in outcomes {
      guard let command = outcome.target.container?.followCommand, !commands.contains(command) else {
        continue
      }
      commands.append(command)
    }
    guard let first = commands.first else { return nil }
    // Each follows one container: several run side by side until Ctrl-C.
    line = commands.count == 1 ? first : "(" + commands.joined(separator: " & ") + " & wait)"
  }
}

extension LedgerEntry.Container {
  fileprivate var followCommand: String? {
    let name = Self.word(name) ?? id
    if let namespace = Self.word(podNamespace), let pod = Self.word(podName) {
      let container = Self.word(podContainer).map { " -c \($0)" } ?? ""
      return "kubectl logs -f --since=1s -n \(namespace) \(pod)\(container)"
    }
    switch runtime {
    case "docker": return "docker logs -f --since 1s \(name)"
    case "podman": return "podman logs -f --since 1s \(name)"
    case "containerd", "cri-o": return "crictl logs -f --since 1s \(id)"
    default: return nil
    }
  }

  /// A name that is safe in a shell as it stands; a name of any other kind is not used.
  private static func word(_ name: String?) -> String? {
    guard let name, let first = name.first, first != "-",
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) })
    else { return nil }
    return name
  }
}
