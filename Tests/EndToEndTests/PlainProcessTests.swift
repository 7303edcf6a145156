import Glibc
import Testing

extension EndToEnd {
  @Suite("Plain host processes") struct PlainProcess {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("toggle switches a toggle service on, and a second one off again")
    func toggleTwice() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let on = try tool("toggle", "api", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(try on.rows().map { $0["evidence"]?.string } == ["memory"])
      #expect(api.becomes(verbose: true))
      let off = try tool("toggle", "api", "--json")
      #expect(off.status == 0)
      #expect(api.becomes(verbose: false))
    }
  }
}
