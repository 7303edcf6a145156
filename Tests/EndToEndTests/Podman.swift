import Glibc
import Testing

/// Podman, as root and without systemd: it has no daemon, so that nothing of it runs but its containers' monitors.
final class Podman: ContainerEngine {
  static var isHere: Bool { TestMachine.isHere && access(program, X_OK) == 0 }
  private static let program = "/usr/bin/podman"

  /// - Parameter logDriver: what keeps a container's output; `k8s-file` is the default without journald.
  init(logDriver: String = "k8s-file") {
    super.init(
      ContainerClient(
        program: Self.program,
        global: [
          "--runtime", "/usr/sbin/runc", "--cgroup-manager=cgroupfs", "--storage-driver=vfs",
          "--events-backend=file",
        ],
        // Its own limits are above those that a machine without systemd may have.
        creating: [
          "--log-driver", logDriver, "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
        ],
        removing: ["--time", "0"]))
  }
}

extension Trait where Self == ConditionTrait {
  static var needsPodman: Self { .enabled(if: Podman.isHere, "needs Podman: scripts/setup installs it") }
}
