import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// What the kubelet and the CRI plugin give a container is the test's own; the rest is containerd's.
  @Suite("Pods under containerd", .needsContainerd)
  struct ContainerdTests {
    let containerd: Containerd
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }
    static let first = "placeos_rest-api-6d5f7c9b8-aaaaa_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1"
    static let second = "placeos_rest-api-6d5f7c9b8-bbbbb_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f2"

    init() throws { containerd = try Containerd() }

    @Test("status names runtime, container, id, image and pod")
    func status() throws {
      let api = try containerd.start(.api, pod: Self.first, container: "rest-api")
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == "api")
      #expect(row["pid"]?.int == (try api.pid()).map(Int.init))
      #expect(row["container", "runtime"]?.string == "containerd")
      #expect(row["container", "id"]?.string == api.id)
      #expect(row["container", "name"]?.string == "rest-api")
      #expect(row["container", "image"]?.string == DockerImage.api.name)
      #expect(row["pod", "namespace"]?.string == "placeos")
      #expect(row["pod", "name"]?.string == "rest-api-6d5f7c9b8-aaaaa")
      #expect(row["evidence"]?.string == "memory")
      #expect(api.signals.isEmpty)
    }

    @Test("one of two pods is switched, by its name and by the beginning of its container's id")
    func selected() throws {
      let first = try containerd.start(.api, pod: Self.first, container: "rest-api")
      let second = try containerd.start(.api, pod: Self.second, container: "rest-api")
      #expect(try tool("toggle", "api/rest-api-6d5f7c9b8-bbbbb").status == 0)
      #expect(eventually { second.isVerbose() == true })
      #expect(first.signals.isEmpty)
      #expect(try tool("toggle", "api/\(first.id.prefix(12))").status == 0)
      #expect(eventually { first.isVerbose() == true })
      // The name of the container fits both: never a guess.
      let both = try tool("off", "api/rest-api")
      #expect(both.status == 2)
      #expect(both.errors.contains("bbbbb"))
      #expect(first.signals.count == 1 && second.signals.count == 1)
      #expect(try tool("revert").status == 0)
      #expect(eventually { first.isVerbose() == false && second.isVerbose() == false })
    }

    @Test("two pods of one name are told apart by their namespace, from on to revert")
    func namespaces() throws {
      let elsewhere = "staging_rest-api-6d5f7c9b8-aaaaa_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f3"
      let first = try containerd.start(.api, pod: Self.first, container: "rest-api")
      let second = try containerd.start(.api, pod: elsewhere, container: "rest-api")
      let both = try tool("on", "api/rest-api-6d5f7c9b8-aaaaa")
      #expect(both.status == 2)
      #expect(both.errors.contains("placeos/rest-api") && both.errors.contains("staging/rest-api"))
      let on = try tool("on", "api/staging/rest-api-6d5f7c9b8-aaaaa", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().map { $0["pod", "namespace"]?.string } == ["staging"])
      #expect(eventually { second.isVerbose() == true })
      #expect(
        try tool("status", "api/placeos/rest-api-*", "--json").rows().map { $0["debug"]?.bool } == [false])
      #expect(try tool("on", "api/production/rest-api-6d5f7c9b8-aaaaa").status == 1)
      #expect(try tool("revert", "api/placeos/rest-api-6d5f7c9b8-aaaaa").status == 1)
      #expect(first.signals.isEmpty && second.signals.count == 1)
      #expect(try tool("revert", "api/staging/rest-api-6d5f7c9b8-aaaaa").status == 0)
      #expect(eventually { second.isVerbose() == false })
      #expect(first.signals.isEmpty && second.signals.count == 2)
    }

    @Test("the image, which sees nothing of the host's files, knows a pod's names by its runtime's bundle")
    func image() throws {
      let api = try containerd.start(.api, pod: Self.first, container: "rest-api")
      let root = try EmptyRoot(scratch)
      let row = try #require(try root.tool("status", "api/placeos/rest-api-6d5f7c9b8-aaaaa").rows().first)
      #expect(row["pod", "namespace"]?.string == "placeos")
      #expect(row["pod", "name"]?.string == "rest-api-6d5f7c9b8-aaaaa")
      #expect(row["container", "name"]?.string == "rest-api")
      #expect(try root.tool("on", "api/rest-api-6d5f7c9b8-aaaaa", "--for", "5m").status == 0)
      #expect(eventually { api.isVerbose() == true })
      #expect(try root.tool("revert").status == 0)
      #expect(eventually { api.isVerbose() == false })
    }

    @Test("a probe beside it gets no signal")
    func probe() throws {
      let api = try containerd.start(.api, pod: Self.first, container: "rest-api")
      for round in 1...3 {
        let probe = try Command.start(
          "/usr/bin/ctr",
          [
            "--namespace", "k8s.io", "task", "exec", "--exec-id", "probe-\(round)", api.id, "/rest-api", "-c",
            "http://localhost:3000/",
          ])
        #expect(try tool("toggle", "api").status == 0)
        #expect(probe.finish().status == 0)
        #expect(eventually { api.isVerbose() == !round.isMultiple(of: 2) })
        #expect(api.signals.count == round)
      }
    }

    @Test("the container that is started in its place gets nothing of what was meant for the first")
    func restarted() throws {
      let api = try containerd.start(.api, pod: Self.first, container: "rest-api")
      #expect(try tool("on", "api").status == 0)
      api.end()
      let next = try containerd.start(.api, pod: Self.first, container: "rest-api", restarts: 1)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["container", "id"]?.string == next.id)
      #expect(row["debug"] == .bool(false))
      _ = try tool("revert")
      #expect(next.signals.isEmpty)
      #expect(try tool("on", "api/rest-api-6d5f7c9b8-aaaaa").status == 0)
      #expect(eventually { next.isVerbose() == true })
      #expect(try tool("off", "api").status == 0)
      #expect(eventually { next.isVerbose() == false })
    }
  }

  /// Where no distribution has it: only the shim of a container knows where its bundle is.
  @Suite("Pods under a containerd that keeps its state elsewhere", .needsContainerd)
  struct ContainerdElsewhere {
    let scratch = Scratch()

    @Test("status names container, image and pod")
    func status() throws {
      let containerd = try Containerd(state: scratch("state-of-containerd"))
      let api = try containerd.start(.api, pod: ContainerdTests.first, container: "rest-api")
      let row = try #require(try Tool(scratch)("status", "--json").rows().first)
      #expect(row["container", "id"]?.string == api.id)
      #expect(row["container", "runtime"]?.string == "containerd")
      #expect(row["container", "image"]?.string == DockerImage.api.name)
      #expect(row["pod", "name"]?.string == "rest-api-6d5f7c9b8-aaaaa")
    }
  }
}
