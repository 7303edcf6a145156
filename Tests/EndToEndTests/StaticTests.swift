import TestSupport
import Testing

extension EndToEnd {
  /// The program needs nothing of the host but its kernel.
  @Suite("Any Linux") struct StaticTests {
    let scratch = Scratch()

    @Test("in a root without a C library, without a shell and without users it switches, and takes back")
    func emptyRoot() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let root = try EmptyRoot(scratch)
      #expect(try root.tool("status").rows().map { $0["pid"]?.int } == [Int(api.pid)])
      let on = try root.tool("on", "api", "--for", "1m")
      #expect(try on.status == 0 && on.rows().map { $0["evidence"]?.string } == ["memory"], "\(on.errors)")
      #expect(api.becomes(verbose: true))
      #expect(try root.tool("revert").status == 0)
      #expect(api.becomes(verbose: false) && api.signals() == ["USR1", "USR1"])
    }
  }
}
