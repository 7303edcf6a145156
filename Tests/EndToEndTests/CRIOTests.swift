import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("CRI-O's containers, by its monitor", .needsConmon) struct CRIOTests {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }
    private static let pod = "placeos_rest-api-7c9d_1f2e3d4c-5b6a-7980-91a2-b3c4d5e6f708"

    /// Ends the folder of the pod with the test, whoever wrote there.
    private func withPod<T>(_ body: () throws -> T) rethrows -> T {
      defer { Scratch.remove("\(Containerd.podLogs)/\(Self.pod)") }
      return try body()
    }

    @Test("status has its names; a stripped service is switched by what conmon has logged")
    func names() throws {
      try withPod {
        let api = try CRIOContainer(
          .strippedAPI, pod: Self.pod, container: "rest-api", environment: ["PLACE_LOG_FORMAT": "json"])
        let row = try #require(try tool("status", "--json").rows().first)
        #expect(row["pid"]?.int == api.pid.map(Int.init))
        #expect(row["container"]?["runtime"]?.string == "cri-o" && row["container"]?["id"]?.string == api.id)
        #expect(row["container"]?["image"]?.string == DockerImage.strippedAPI.name)
        #expect(
          row["pod"]?["namespace"]?.string == "placeos" && row["pod"]?["name"]?.string == "rest-api-7c9d")
        let on = try tool("on", "api", "--json")
        #expect(try on.rows().map { $0["evidence"]?.string } == ["log"], "\(on.output)\(on.errors)")
        #expect(api.isVerbose() == true)
        #expect(try tool("off", "api").status == 0)
        #expect(api.isVerbose() == false && api.signals.count == 2)
      }
    }

    @Test(
      "its log is followed over a rotation, with the lines joined that conmon has cut, and over a restart")
    func follow() throws {
      try withPod {
        let api = try CRIOContainer(.api, pod: Self.pod, container: "rest-api")
        let run = try Command.start(
          "/bin/sh", ["-c", "exec \"$0\" follow api --raw >\(scratch("out"))", TestMachine.program],
          environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory])
        #expect(eventually { api.isVerbose() == true })
        var shown: String { Files.text(scratch("out")) }
        func say(_ text: String, by container: CRIOContainer) throws {
          let pid = try #require(container.pid)
          #expect(try Command.run("/bin/sh", ["-c", "echo '\(text)' >/proc/\(pid)/fd/1"]).status == 0)
        }
        // conmon cuts at 8 KiB.
        let long = "begin" + String(repeating: "0123456789", count: 3000) + "end"
        try say(long, by: api)
        #expect(eventually { shown.contains("\n\(long)\n") })
        #expect(Files.text(api.log).contains(" stdout P "))
        for round in 1...3 {
          try say("before \(round)", by: api)
          try api.rotate()
          try say("after \(round)", by: api)
        }
        #expect(eventually { shown.contains("after 3\n") })
        for round in 1...3 {
          for word in ["before", "after"] {
            #expect(shown.split(separator: "\n").filter { $0 == "\(word) \(round)" }.count == 1, "\(shown)")
          }
        }
        api.end()
        let next = try CRIOContainer(.api, pod: Self.pod, container: "rest-api", restarts: 1)
        #expect(eventually { next.isVerbose() == true }, "\(run.errors)")
        try say("from the next", by: next)
        #expect(eventually { shown.contains("from the next\n") })
        run.child.signal(SIGINT)
        #expect(run.finish().status == 130)
        #expect(next.isVerbose() == false)
      }
    }
  }
}
