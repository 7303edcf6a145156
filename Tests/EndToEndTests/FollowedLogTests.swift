import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// What is followed is complete, in order, and shown once, wherever the log is kept.
  @Suite("Logs that are followed") struct FollowedLogs {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// Starts following with standard output going to `out`, and waits until what is written now will be shown.
    private func follow(_ words: String...) throws -> Command.Running {
      try Command.start(
        "/bin/sh", ["-c", "exec \"$0\" follow \"$@\" >\(scratch("out"))", TestMachine.program] + words,
        environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory])
    }

    private var shown: String { Files.text(scratch("out")) }

    /// Has lines `n=FIRST` to `n=LAST` written to what a process has as its standard output.
    private func write(_ first: Int, _ last: Int, to pid: Int32) throws {
      let run = try Command.run(
        "/bin/sh",
        [
          "-c",
          "exec stdbuf -oL seq -f 'n=%.0f some words that a service logs' \(first) \(last) >>/proc/\(pid)/fd/1",
        ])
      #expect(run.status == 0, "\(run.errors)")
    }

    /// The numbers in the lines that were shown, in their order.
    private func numbers() -> [Int] {
      shown.split(separator: "\n").compactMap { line in
        guard line.hasPrefix("n="), let end = line.firstIndex(of: " ") else { return nil }
        return Int(line[line.index(line.startIndex, offsetBy: 2)..<end])
      }
    }

    private func expectAll(_ count: Int) {
      _ = eventually(120) { shown.contains("n=\(count) ") }
      let found = numbers()
      #expect(found.count == count)
      #expect(
        found == Array(1...count),
        "the first difference: \(zip(found, 1...count).first { $0 != $1 } ?? (0, 0))")
    }

    @Test("200,000 lines of Docker's, ten rotations and a restart in between", .needsDocker)
    func docker() throws {
      let docker = Docker()
      let api = try docker.start(
        .api, name: "rest-api", options: ["--log-opt", "max-size=2m", "--log-opt", "max-file=5"])
      let run = try follow("api", "--no-switch", "--raw")
      #expect(eventually { Files.exists(scratch("out")) })
      try awaitReadiness(of: run, api)
      try write(1, 100_000, to: api.mainPID())
      api.forgetTruth()
      try api.docker("restart", "--time", "0")
      try api.awaitReadiness()
      try write(100_001, 200_000, to: api.mainPID())
      expectAll(200_000)
      let folder = TestMachine.variable("PLACEOS_LOGLEVEL_DOCKER_ROOT")! + "/containers/\(api.id)"
      #expect(Files.exists("\(folder)/\(api.id)-json.log.4"))
      #expect(run.errors.contains("api has started"))
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
    }

    @Test("Docker's local driver: followed over its rotations, and evidence of the level", .needsDocker)
    func local() throws {
      let docker = Docker()
      let api = try docker.start(
        .strippedAPI, name: "rest-api", environment: ["PLACE_LOG_FORMAT": "json"],
        options: ["--log-driver", "local", "--log-opt", "max-size=1m", "--log-opt", "max-file=5"])
      let row = try tool("status", "--json").rows().first
      #expect(row?["debug"]?.bool == false)
      let on = try tool("on", "api", "--json")
      #expect(try on.rows().map { $0["evidence"]?.string } == ["log"], "\(on.output)")
      #expect(try tool("status", "--json").rows().first?["level"]?.string == "trace")
      #expect(try tool("off", "api").status == 0)
      #expect(try api.becomes(verbose: false))
      let run = try follow("api", "--no-switch", "--raw")
      try awaitReadiness(of: run, api)
      try write(1, 50_000, to: api.mainPID())
      expectAll(50_000)
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
    }

    @Test("what only the client shows, over a restart of the container", .needsDocker)
    func client() throws {
      let docker = Docker()
      let api = try docker.start(
        .api, name: "rest-api",
        options: ["--log-driver", "syslog", "--log-opt", "syslog-address=udp://127.0.0.1:5514"])
      let run = try follow("api", "--no-switch", "--raw")
      try awaitReadiness(of: run, api)
      try write(1, 1000, to: api.mainPID())
      #expect(eventually { shown.contains("n=1000 ") })
      api.forgetTruth()
      try api.docker("restart", "--time", "0")
      try api.awaitReadiness()
      #expect(eventually { run.errors.contains("api has started") })
      try write(1001, 2000, to: api.mainPID())
      expectAll(2000)
      run.child.signal(SIGTERM)
      #expect(run.finish().status == 143)
    }

    @Test("Podman's k8s-file", .needsPodman)
    func podman() throws {
      let podman = Podman()
      var image = DockerImage.api
      image.healthCheck = nil
      let api = try podman.start(image, name: "rest-api")
      let run = try follow("api/rest-api", "--raw")
      #expect(eventually { shown.contains("default log level changed to Trace") })
      try write(1, 20_000, to: api.mainPID())
      expectAll(20_000)
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
      #expect(try api.becomes(verbose: false))
    }

    @Test("a pod's log, over its rotation, with lines in pieces", .needsContainerd)
    func pod() throws {
      let containerd = try Containerd()
      let api = try containerd.start(.api, pod: KubernetesLog.pod, container: "rest-api")
      let run = try follow("api/rest-api-6d5f7c9b8-x2x9k", "--no-switch", "--raw")
      #expect(eventually { Files.exists(scratch("out")) })
      var number = 0
      func append(_ text: String) throws {
        let line = "2026-11-26T00:00:00.\(100_000_000 + number)Z \(text)\n"
        #expect(try Command.run("/bin/sh", ["-c", "printf %s '\(line)' >>\(api.log)"]).status == 0)
        number += 1
      }
      // Until it is read from here on.
      #expect(
        try eventually {
          try append("stdout F ready?")
          return shown.contains("ready?")
        })
      try append("stdout P n=1 ")
      try append("stdout P in ")
      rename(api.log, api.log + ".20261126-000000")
      try append("stdout F pieces")
      try append("stdout F n=2 after the rotation")
      #expect(eventually { shown.contains("n=2 after the rotation") })
      #expect(shown.contains("\nn=1 in pieces\n"))
      #expect(numbers() == [1, 2])
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
    }

    @Test("a pod's container that has restarted: its lines are known as its own", .needsContainerd)
    func podRestarted() throws {
      let containerd = try Containerd()
      let first = try containerd.start(.api, pod: KubernetesLog.pod, container: "rest-api")
      let run = try follow("api", "--no-switch", "--json")
      func show(_ text: String, by container: PodContainer) throws {
        let line = "2026-11-26T00:00:00Z stdout F \(text)\n"
        let isShown = try eventually {
          _ = try Command.run("/bin/sh", ["-c", "printf %s '\(line)' >>\(container.log)"])
          return eventually(0.5) { shown.contains(text) }
        }
        #expect(isShown, "\(run.errors)")
      }
      try show("of the first", by: first)
      first.end()
      let second = try containerd.start(.api, pod: KubernetesLog.pod, container: "rest-api", restarts: 1)
      let pid = try #require(try second.pid())
      #expect(eventually { run.errors.contains("api has started (pid \(pid))") })
      try show("of the second", by: second)
      // The reader of the folder knows of it a moment after.
      let isKnown = try eventually {
        try show("of the second \(shown.utf8.count)", by: second)
        return shown.split(separator: "\n").last?.contains("\"pid\":\(pid),") == true
      }
      #expect(isKnown, "\(shown)")
      #expect(eventually { children(of: run.child.pid).count == 1 })
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
    }

    @Test(
      "a container that is made anew under its name is followed, and nothing is left of the old one",
      .needsDocker)
    func madeAnew() throws {
      let docker = Docker()
      let first = try docker.start(.api, name: "placeos-api-1")
      let run = try follow("placeos-api-1", "--raw")
      #expect(try first.becomes(verbose: true))
      let readers = children(of: run.child.pid)
      try first.docker("rm", "--force")
      let second = try docker.start(.api, name: "placeos-api-1")
      // Switched on again by this run, which nobody else does here.
      #expect(try second.becomes(verbose: true))
      #expect(eventually { run.errors.contains("api has started") })
      try write(1, 100, to: second.mainPID())
      expectAll(100)
      #expect(
        eventually {
          let now = children(of: run.child.pid)
          return now.count == readers.count && Set(now).isDisjoint(with: readers)
        })
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
      #expect(try second.becomes(verbose: false))
    }

    @Test("after SIGKILL, revert --expired takes back what the ledger has, and nothing else")
    func killed() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let other = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "pid:\(other.pid)").status == 0)
      let run = try follow("pid:\(api.pid)", "pid:\(other.pid)", "--for", "2s")
      #expect(api.becomes(verbose: true))
      run.child.end()
      #expect(
        try eventually {
          try tool("revert", "--expired", "--quiet").status == 0 && api.isVerbose() == false
        })
      #expect(api.signals() == ["USR1", "USR1"] && other.signals() == ["USR1"])
      #expect(try tool("off", "pid:\(other.pid)").status == 0)
      #expect(other.becomes(verbose: false))
    }

    @Test("a disk that is full ends the saving, and not the following")
    func fullDisk() throws {
      let disk = scratch.folder("disk")
      #expect(mount("disk", disk, "tmpfs", 0, "size=64k") == 0)
      defer { umount2(disk, Int32(MNT_DETACH)) }
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try follow("pid:\(api.pid)", "--raw", "--save", disk + "/saved")
      #expect(api.becomes(verbose: true))
      try write(1, 5000, to: api.pid)
      expectAll(5000)
      #expect(run.errors.contains("nothing more is saved"))
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
      #expect(api.becomes(verbose: false))
      #expect(Files.text(disk + "/saved").contains("n=1 some words"))
    }

    @Test("a reader that does not read slows this program, which keeps little in memory")
    func slowReader() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let pipe = scratch("pipe")
      mkfifo(pipe, 0o600)
      let end = open(pipe, O_RDONLY | O_NONBLOCK)
      defer { close(end) }
      let run = try Command.start(
        "/bin/sh",
        ["-c", "exec \"$0\" follow \"$@\" >\(pipe)", TestMachine.program, "pid:\(api.pid)", "--no-switch"],
        environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory])
      // Standard output of the shell is the file that the program has open.
      #expect(eventually { Files.link("/proc/\(run.child.pid)/exe")?.hasSuffix("placeos-loglevel") == true })
      // The one of its children that has the log open.
      func reader() -> Int32? {
        children(of: run.child.pid).first { pid in
          (3..<64).contains { Files.link("/proc/\(pid)/fd/\($0)") == api.log }
        }
      }
      #expect(eventually { reader() != nil })
      let follower = try #require(reader())
      #expect(
        try eventually {
          try write(0, 0, to: api.pid)
          return peakKiB(follower) != nil && hasWaited(follower)
        })
      try write(1, 800_000, to: api.pid)
      #expect(eventually { hasWaited(follower) })
      for pid in [run.child.pid, follower] {
        #expect(try #require(peakKiB(pid)) < 24 << 10, "\(pid): \(Files.text("/proc/\(pid)/status"))")
      }
      // All of it is to be had.
      var text = ""
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let isWhole = eventually(120) {
        let count = read(end, &buffer, buffer.count)
        if count > 0 { text = String((text + String(decoding: buffer[..<count], as: UTF8.self)).suffix(200)) }
        return text.contains("n=800000 ")
      }
      #expect(isWhole)
      for pid in [run.child.pid, follower] { #expect(try #require(peakKiB(pid)) < 24 << 10) }
      run.child.signal(SIGINT)
      #expect(run.finish().status == 130)
    }

    @Test("a service that is idle is named, and what is asked of it is answered", .needsDocker)
    func idle() throws {
      let docker = Docker()
      let api = try docker.start(.api, name: "placeos-api-1")
      try api.docker("stop", "--time", "0")
      let status = try tool("status", "--json")
      #expect(try status.rows() == [])
      let row = try #require(try status.json()["not_running"]?.array?.first)
      let message = row["message"]?.string ?? ""
      #expect(row["service"]?.string == "api" && row["container"]?["name"]?.string == "placeos-api-1")
      #expect(message.contains("its container has exited with status"), "\(message)")
      #expect(try tool("status").output.contains("has exited with status"))
      for selector in ["api", "placeos-api-1", "api/placeos-api-1"] {
        let run = try tool("on", selector)
        #expect(run.status == 1 && run.errors.contains("nothing of \(selector) runs"), "\(run.errors)")
        #expect(run.errors.contains("api in placeos-api-1: its container has exited"), "\(run.errors)")
      }
      #expect(try tool("on", "core").errors.contains("nothing matches core"))
    }

    /// Until lines that are written to the container's log are shown.
    private func awaitReadiness(of run: Command.Running, _ container: DockerContainer) throws {
      let pid = try container.mainPID()
      let isReady = try eventually {
        try Command.run("/bin/sh", ["-c", "echo 'ready?' >>/proc/\(pid)/fd/1"])
        return eventually(0.5) { shown.contains("ready?") }
      }
      #expect(isReady, "\(run.errors)")
    }

    /// Whether it does nothing for a moment: neither of the figures of its processor time moves, proc_pid_stat(5).
    private func hasWaited(_ pid: Int32) -> Bool {
      func time() -> [Substring] {
        Array(Files.text("/proc/\(pid)/stat").split(separator: " ").dropFirst(13).prefix(2))
      }
      let before = time()
      usleep(300_000)
      return !before.isEmpty && time() == before
    }

    private func children(of pid: Int32) -> [Int32] {
      Files.text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int32($0) }
    }

    /// VmHWM, proc_pid_status(5).
    private func peakKiB(_ pid: Int32) -> Int? {
      let line = Files.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
  }
}
