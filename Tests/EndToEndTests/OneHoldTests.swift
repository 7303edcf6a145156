import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Counts system calls, so that it shows when a process is looked for anew, or one that was not selected is read.
  @Suite("A process is found once, and held") struct OneHold {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("of 30 services, the one that is selected is opened once and read little, the others not at all")
    func counts() throws {
      let services = try (0..<30).map { _ in try StandIn("toggle-static", as: "rest-api", in: scratch) }
      // Whether a process that has just started is a copy of its parent is asked besides.
      let started = monotonicSeconds()
      #expect(eventually { monotonicSeconds() - started > 0.6 })
      // Where its trace flag is, is known from an earlier run.
      #expect(try tool("status", "pid:\(services[0].pid)").status == 0)

      // Where the machine is busy, one that is slow to act is looked at once more: the least of some tries counts.
      var stat: [Int] = []
      var executable: [Int] = []
      var memory: [Int] = []
      for chosen in services
      where !((stat.min() ?? 9) <= 3 && (executable.min() ?? 9) <= 2 && (memory.min() ?? 9) <= 3) {
        let calls = try traced(on: chosen)
        let folder = "/proc/\(chosen.pid)"
        func opened(_ name: String) -> Int {
          calls.count { $0.contains("openat(") && $0.contains("<\(folder)>, \"\(name)\"") }
            + calls.count { $0.contains("openat(") && $0.contains("\"\(folder)/\(name)\"") }
        }
        #expect(calls.count { $0.contains("openat(AT_FDCWD") && $0.contains("\"\(folder)\"") } == 1)
        // By path only what libproc2 reads, whatever it is asked for.
        let byPath = calls.filter { $0.contains("openat(AT_FDCWD") && $0.contains("\"\(folder)/") }
        #expect(
          byPath.allSatisfy { call in
            ["status", "stat", "cgroup"].contains { call.contains("\"\(folder)/\($0)\"") }
          }, "\(byPath)")
        stat.append(opened("stat"))
        executable.append(
          opened("exe")
            + calls.count { $0.contains("readlinkat(") && $0.contains("<\(folder)>, \"exe\"") })
        memory.append(calls.count { $0.contains("process_vm_readv(\(chosen.pid)") })
        for other in services where other.pid != chosen.pid {
          #expect(!calls.contains { $0.contains("process_vm_readv(\(other.pid)") })
          let folders = ["/proc/\(other.pid)/", "/proc/\(other.pid)>"]
          #expect(!calls.contains { call in folders.contains { call.contains($0) } })
        }
      }
      #expect(1...3 ~= stat.min() ?? 0, "\(stat)")
      #expect(1...2 ~= executable.min() ?? 0, "\(executable)")
      #expect(1...3 ~= memory.min() ?? 0, "\(memory)")
    }

    @Test("one that cannot be looked at is looked at once, though its neighbours' logs are read")
    func unreadable() throws {
      // Whose lines are whose only all of PlaceOS's processes show.
      let stripped = try StandIn("toggle-stripped", as: "rest-api", in: scratch)
      defer { stripped.child.end() }
      let large = try StandIn(
        "toggle-static", as: "staff-api", [String(repeating: "x", count: 100_000)], in: scratch)
      let (run, calls) = try traced("on", "--all", "--json")
      #expect(run.status == 4)
      #expect(run.output.contains("/proc/\(large.pid)/cmdline is larger than"), "\(run.output)")
      let looks = calls.count { $0.contains("openat(") && $0.contains("</proc/\(large.pid)>, \"cmdline\"") }
      #expect(looks == 1)
    }

    /// The calls of an `on` of one process.
    private func traced(on chosen: StandIn) throws -> [String] {
      let (run, calls) = try traced("on", "pid:\(chosen.pid)", "--permanent", "--wait", "20s")
      #expect(run.status == 0)
      #expect(chosen.becomes(verbose: true))
      return calls
    }

    private func traced(_ arguments: String...) throws -> (run: Tool.Run, calls: [String]) {
      let trace = scratch("trace")
      var traced = tool
      traced.through = [
        "/usr/bin/strace", "-f", "-qq", "-y", "-s", "256", "-o", trace, "-e", "signal=none", "-e",
        "trace=openat,readlinkat,read,pread64,process_vm_readv",
      ]
      let run = try traced.run(arguments)
      return (run, Files.text(trace).split(separator: "\n").map(String.init))
    }
  }
}
