import Ledger
import Testing

@testable import PlaceOS
@testable import Switching

@Suite("Instances and their levels")
struct LevelReadingTests {
  @Test("The level is trace in debug mode, the handler's after it, and otherwise the one it started with")
  func logLevel() {
    #expect(instance(debug: true, startLevel: .warn).logLevel == .trace)
    #expect(instance(debug: nil, startLevel: .warn).logLevel == nil)
    #expect(instance(debug: false, startLevel: .warn).logLevel == .warn)
    #expect(instance(debug: false, startLevel: nil).logLevel == nil)
    #expect(instance(debug: false, entry: entry(debug: false), startLevel: .warn).logLevel == .info)
    let spent = Handling(.latch, obstacle: .latchSpent)
    #expect(instance(handling: spent, debug: false, startLevel: .warn).logLevel == .info)
    #expect(
      instance(service: "driver", handling: Handling(.driver), debug: false, entry: entry(debug: false))
        .logLevel == .error)
  }

  @Test("It is the tool's own as long as nothing shows that it was switched back")
  func isOurs() {
    #expect(instance(debug: true, entry: entry()).isOurs)
    #expect(instance(debug: nil, entry: entry()).isOurs)
    #expect(!instance(debug: false, entry: entry()).isOurs)
    #expect(!instance(debug: true, entry: entry(debug: false)).isOurs)
    #expect(!instance(debug: true).isOurs)
  }
}
