import SystemPackage
import Testing

@testable import Processes

@Suite("Where the program runs")
struct SurroundingsTests {
  private func kind(
    services: Bool = false, file: Bool = false, _ environment: [String: String] = [:]
  ) -> Surroundings.Kind {
    Surroundings.Kind(
      Surroundings.Marks(hasServices: services, hasContainerFile: file, environment: environment))
  }

  @Test("a system with services of its own is a host, wherever it runs itself")
  func kinds() {
    #expect(kind() == .host)
    #expect(kind(services: true, file: true, ["KUBERNETES_SERVICE_HOST": "10.0.0.1"]) == .host)
    #expect(kind(file: true) == .container)
    #expect(kind(["container": "oci"]) == .container)
    #expect(kind(file: true, ["KUBERNETES_SERVICE_HOST": "10.0.0.1"]) == .pod)
    #expect(kind(["ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"]) == .task)
  }

  @Test("capabilities, of the status file of a process")
  func capabilities() {
    func parsed(_ text: String) -> Capabilities { Capabilities(parsingStatus: Array(text.utf8)) }
    #expect(
      parsed("CapPrm:\t0000000000080024\nCapEff:\t0000000000080024\n") == [.kill, .ptrace, .readSearch])
    #expect(parsed("Name:\tCapEff: ff\nCapEff:\t0000000000000000\n") == [])
    #expect(parsed("") == [])
  }

  @Test(
    "what outlives a container: what is mounted, but for a file system of its own",
    arguments: [
      ("", false),
      ("60 50 0:30 / /run rw - tmpfs tmpfs rw\n", false),
      ("60 50 0:30 /placeos-loglevel /run/placeos-loglevel rw - tmpfs tmpfs rw\n", true),
      ("60 50 8:1 /srv/state /run/placeos-loglevel rw - ext4 /dev/sda1 rw\n", true),
      (
        "60 50 8:1 / /run rw - ext4 /dev/sda1 rw\n61 60 0:31 / /run/placeos-loglevel rw - tmpfs tmpfs rw\n",
        false
      ),
      ("60 50 8:1 / /run/placeos rw - ext4 /dev/sda1 rw\n", false),
    ])
  func outlives(_ lines: String, _ expected: Bool) {
    let root = "50 40 0:29 / / rw - overlay overlay rw\n"
    let mounts = MountInfo(parsing: Array((root + lines).utf8))
    #expect(mounts.outlivesContainer("/run/placeos-loglevel") == expected)
  }
}
