import Testing

extension EndToEnd {
  @Suite("One container of several", .needsDocker)
  struct DockerSelectorTests {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("of replicas in two compose projects one is switched by name or id, all of them by service")
    func replicas() throws {
      let east1 = try docker.start(.api, name: "east-api-1", project: "east", service: "api")
      let east2 = try docker.start(.api, name: "east-api-2", project: "east", service: "api")
      let west1 = try docker.start(.api, name: "west_api_1", project: "west", service: "api")
      let all = [east1, east2, west1]

      #expect(try tool("on", "api/east-api-2").status == 0)
      #expect(try east2.becomes(verbose: true))
      #expect(all.map(\.signals.count) == [0, 1, 0])

      #expect(try tool("on", "rest-api/\(west1.id.prefix(16))").status == 0)
      #expect(try west1.becomes(verbose: true))
      #expect(all.map(\.signals.count) == [0, 1, 1])

      // Not all are on: the toggle brings them together and swaps none.
      let toggle = try tool("toggle", "api", "--json")
      #expect(toggle.status == 0)
      let outcomes = try toggle.rows().map { [$0["container", "name"]?.string, $0["outcome"]?.string] }
      #expect(
        outcomes == [["east-api-1", "switched"], ["east-api-2", "unchanged"], ["west_api_1", "unchanged"]])
      #expect(try east1.becomes(verbose: true))
      #expect(all.map(\.signals.count) == [1, 1, 1])

      #expect(try tool("off", "api/\(east1.id)").status == 0)
      #expect(try east1.becomes(verbose: false))
      #expect(try tool("revert", "api/west_api_1").status == 0)
      #expect(try west1.becomes(verbose: false))
      #expect(try east2.isVerbose() == true)
      #expect(try tool("toggle", "api").status == 0)
      for container in all { #expect(try container.becomes(verbose: true)) }
      #expect(try tool("toggle", "api").status == 0)
      for container in all { #expect(try container.becomes(verbose: false)) }
    }

    @Test("the name of one counts, be it the beginning of another's id; the beginning of two ids is refused")
    func nameBeforeID() throws {
      let first = try docker.start(.api, name: "rest-api")
      let beginning = String(first.id.prefix(12))
      // Docker allows a name that another container's id begins with.
      let second = try docker.start(.api, name: beginning)
      #expect(try tool("on", "api/\(beginning)").status == 0)
      #expect(first.signals.isEmpty && second.signals.count == 1)
      #expect(try tool("on", "api/rest-api").status == 0)
      #expect(try tool("off", "api/\(second.id)").status == 0)
      #expect(first.signals.count == 1 && second.signals.count == 2)
    }

    @Test("a container's name alone, in any case, and globs over containers")
    func namesAlone() throws {
      let one = try docker.start(.api, name: "placeos-api-1")
      let two = try docker.start(.api, name: "placeos-api-2")
      #expect(try tool("on", "placeos-api-1").status == 0)
      #expect(one.signals.count == 1 && two.signals.isEmpty)
      #expect(try tool("off", "PLACEOS-API-1").status == 0)
      #expect(try tool("on", "api/placeos-api-*").status == 0)
      #expect(one.signals.count == 3 && two.signals.count == 1)
      #expect(try tool("off", "API/Placeos-*").status == 0)
      #expect(one.signals.count == 4 && two.signals.count == 2)
      let none = try tool("on", "placeos-api-3")
      #expect(
        none.status == 2 && none.errors.contains("No container with a PlaceOS service has that name"))
    }

    @Test("a name of no container matches nothing, and nothing is sent")
    func unknown() throws {
      let api = try docker.start(.api, name: "rest-api")
      for command in ["status", "toggle", "on", "off"] {
        // The container is there, but it is no container of core's.
        for selector in ["api/no-such", "api/rest-ap", "core/rest-api"] {
          let run = try tool(command, selector)
          #expect(run.status == 1)
          #expect(run.errors.contains("nothing matches \(selector)"))
        }
      }
      #expect(api.signals.isEmpty)
    }
  }
}
