import Diagnosis
import Processes
import SystemPackage
import Testing

@testable import Report
@testable import Switching

@Suite("Advice fits the place")
struct AdviceTests {
  private func advice(
    _ kind: Surroundings.Kind, own: Bool = true, user: UInt32 = 0, _ capabilities: Capabilities = []
  ) -> Advice {
    Advice(
      surroundings: Surroundings(
        kind: kind, hasOwnProcesses: own, userID: user, groupID: user, capabilities: capabilities),
      commandLine: "placeos-loglevel status"
    ) { "" }
  }

  private let signal = HostError.process(pid: 7, call: "pidfd_send_signal", .notPermitted)
  private let look = HostError.unreadable(path: "/proc/7/exe", .permissionDenied)
  private let file = HostError.unreadable(path: "/var/log/pods/a", .permissionDenied)

  @Test("where nothing is in sight, a container is told how to see more")
  func nothing() {
    #expect(advice(.host).nothingHere == "no PlaceOS process runs on this host")
    // In the host's pid namespace it sees all.
    #expect(advice(.container, own: false).nothingHere == "no PlaceOS process runs on this host")
    #expect(advice(.container).nothingHere.contains("--pid=host"))
    #expect(advice(.pod).nothingHere.contains("hostPID: true"))
    #expect(advice(.task).nothingHere.contains("\"pidMode\""))
  }

  @Test("what is looked at has the name of the place, and commands are those that can be typed there")
  func place() {
    #expect(advice(.host).place == "this host" && advice(.pod, own: false).place == "this host")
    #expect(advice(.container).place == "this container" && advice(.pod).place == "this pod")
    #expect(advice(.task).place == "this task")
    #expect(advice(.host).command("follow api") == "sudo placeos-loglevel follow api")
    for kind in [Surroundings.Kind.container, .pod, .task] {
      #expect(advice(kind, own: false).command("follow api") == "placeos-loglevel follow api")
    }
    #expect(advice(.host, user: 7).networkRemedy == "sudo placeos-loglevel status")
    #expect(advice(.container).networkRemedy.hasSuffix("--cap-add SYS_ADMIN"))
    #expect(advice(.pod).networkRemedy.hasSuffix("{add: [SYS_ADMIN]}"))
  }

  @Test("diagnose says what is so of this place, and not of a host that it does not see")
  func diagnosis() {
    var readings = DiagnosisReadings()
    readings.isWhole = true
    func process(_ pid: Int32) -> DiagnosedProcess {
      DiagnosedProcess(
        identity: ProcessIdentity(bootID: "b", pid: pid, startTicks: 1), service: "api", container: nil)
    }
    readings.services = [ServiceReading(process: process(7))]
    func report(_ kind: Surroundings.Kind, own: Bool = true) -> DiagnosisReport {
      let advice = advice(kind, own: own)
      readings.isHostInSight = advice.surroundings.seesHost
      return DiagnosisReport(
        Diagnosis(readings), of: RecognisedResult(processes: [], unmatched: [], unreadable: [look]),
        advice: advice)
    }
    func text(_ report: DiagnosisReport) -> String { report.text(.plain) }
    #expect(text(report(.host)).contains("this host  no core runs on this host"))
    #expect(text(report(.container, own: false)).contains("this host  no core runs on this host"))
    for (kind, place) in [(Surroundings.Kind.container, "this container"), (.pod, "this pod")] {
      #expect(text(report(kind)).contains(place + "  no core is in sight"))
      #expect(!text(report(kind)).contains("host"))
    }
    #expect(report(.pod).remarks.first?.contains("hostPID: true") == true)
    #expect(report(.pod).remarks.last?.hasSuffix("{add: [SYS_PTRACE]}") == true)
    #expect(report(.host).remarks.first == "no PlaceOS process runs on this host")
  }

  @Test("a missing right has the name of its capability, and the line that gives it there")
  func rights() {
    #expect(advice(.container).remedies(for: []) == [])
    #expect(advice(.container).remedies(for: [.malformed(path: "/a", reason: "b")]) == [])
    let container = advice(.container, [.readSearch]).remedies(for: [signal, look, signal])
    #expect(container.count == 1 && container[0].contains("CAP_KILL, CAP_SYS_PTRACE are missing"))
    #expect(container[0].hasSuffix("--cap-add KILL --cap-add SYS_PTRACE"))
    let pod = advice(.pod, [.kill, .ptrace]).remedies(for: [file])
    #expect(pod[0].contains("CAP_DAC_READ_SEARCH is missing") && pod[0].hasSuffix("{add: [DAC_READ_SEARCH]}"))
    #expect(
      advice(.task, [.kill]).remedies(for: [look])[0].contains(
        "\"capabilities\": {\"add\": [\"SYS_PTRACE\"]}"))
    #expect(advice(.host, [.kill]).remedies(for: [look])[0].contains("CapabilityBoundingSet=CAP_SYS_PTRACE"))
    // Who has all of them is not told to ask for them.
    let whole = advice(.container, [.kill, .ptrace, .override]).remedies(for: [look, file, signal])
    #expect(whole.count == 1 && whole[0].contains("seccomp") && !whole[0].contains("missing"))
  }

  @Test("a user without rights is told whose processes are left")
  func users() {
    #expect(advice(.host, user: 1000).remedies(for: [look])[0].hasSuffix("sudo placeos-loglevel status"))
    #expect(advice(.container, user: 1000).remedies(for: [look])[0].contains("--user UID:GID"))
    #expect(advice(.pod, user: 1000).remedies(for: [look])[0].contains("runAsUser"))
    #expect(advice(.container, user: 1000).remedies(for: []) == [])
  }

  @Test("what is the same of several is said once")
  func repeated() {
    let id = String(repeating: "ab", count: 32)
    let other = String(repeating: "cd", count: 32)
    let problems = [id, other].map {
      HostError.unreadable(
        path: FilePath("/var/lib/docker/containers/\($0)/config.v2.json"), .noSuchFileOrDirectory)
    }
    #expect(
      (problems + [look]).sentences == [
        look.sentence,
        "2 of them: cannot read /var/lib/docker/containers/ID/config.v2.json: No such file or directory",
      ])
    #expect(RepeatedProblems(problems).contains(problems[0]))
    #expect(!RepeatedProblems([look]).contains(look))
  }
}
