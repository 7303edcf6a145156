import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// A stripped executable in a pod: what is known of its level is what it wrote, and that is in the pod's logs. The
  /// containers are containerd's; what the kubelet would add to them is the test's own.
  @Suite("The level by the log of a pod", .needsContainerd)
  struct KubernetesLog {
    let containerd: Containerd
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }
    static let pod = "placeos_rest-api-6d5f7c9b8-x2x9k_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

    init() throws { containerd = try Containerd() }

    func level(_ container: PodContainer) throws -> (debug: Bool?, evidence: String?) {
      let rows = try tool("status", "--json").rows()
      #expect(rows.map { $0["pid"]?.int } == [try container.pid().map(Int.init)])
      let row = rows.first
      #expect(row?["container", "runtime"]?.string == "containerd")
      #expect(row?["container", "image"]?.string == DockerImage.strippedAPI.name)
      #expect(row?["pod", "namespace"]?.string == "placeos")
      #expect(row?["pod", "name"]?.string == "rest-api-6d5f7c9b8-x2x9k")
      #expect(row?["pod", "container"]?.string == "rest-api")
      return (row?["debug"]?.bool, row?["evidence"]?.string)
    }

    @Test("switched by the tool and behind its back, then started anew with a log of its own")
    func stripped() throws {
      let api = try containerd.start(
        .strippedAPI, pod: Self.pod, container: "rest-api", environment: ["PLACE_LOG_FORMAT": "json"])
      #expect(try level(api) == (false, "assumed"))
      let on = try tool("on", "api/rest-api-6d5f7c9b8-x2x9k", "--json")
      #expect(on.status == 0, "\(on.output)\(on.errors)")
      #expect(try on.rows().map { $0["evidence"]?.string } == ["log"])
      #expect(api.isVerbose() == true)
      #expect(try level(api) == (true, "log"))

      kill(try #require(try api.pid()), SIGUSR1)
      #expect(try eventually { try level(api) == (false, "log") })
      #expect(api.isVerbose() == false)
      kill(try #require(try api.pid()), SIGUSR1)
      #expect(try eventually { try level(api) == (true, "log") })
      #expect(Files.text(api.log).contains("changed to Trace"))
      #expect(api.signals.count == 3)

      // The kubelet starts another container in the same pod, and the log of the first one stays.
      api.end()
      let next = try containerd.start(
        .strippedAPI, pod: Self.pod, container: "rest-api", restarts: 1,
        environment: ["PLACE_LOG_FORMAT": "json"])
      #expect(try level(next) == (false, "assumed"))
      #expect(try tool("on", "api").status == 0)
      #expect(try level(next) == (true, "log"))
      #expect(try tool("off", "api").status == 0)
      #expect(try level(next) == (false, "log"))
      #expect(next.isVerbose() == false)
      #expect(next.signals.count == 2)
    }
  }
}
