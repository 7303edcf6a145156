import Testing

@testable import PlaceOS

@Suite("Dialects")
struct DialectTests {
  /// `SIGUSR1 SIGUSR2`, each `standard`, `ignored` or `caught`; then what follows from it for an executable
  /// with the service's flag, with the driver's, for a service whose symbols have neither, and for one
  /// without symbols. A dialect, then `on` or `off` where the level is told, `!` and the obstacle, `~` for a
  /// momentary reading.
  static let table = """
    standard standard  none!noHandler   none!noHandler   none!noHandler           none!noHandler
    standard ignored   none!noHandler   none!noHandler   none!noHandler           none!noHandler
    standard caught    none!noHandler   none!noHandler   none!noHandler           none!noHandler
    ignored  standard  toggle!ignores~  driver!ignores~  none!unknown~            toggle!ignores~
    ignored  ignored   toggle!ignores~  driver!ignores~  latch!spent              latch!spent
    ignored  caught    toggle!ignores~  driver!ignores~  latch+on                 latch+on
    caught   standard  toggle           driver           none!unknown~            toggle
    caught   ignored   toggle           driver           latch+off!withoutReturn  latch+off!withoutReturn
    caught   caught    toggle           driver           latch+off                latch+off
    """

  struct Case: Sendable, CustomStringConvertible {
    let kind: Service.Kind
    let dispositions: SignalDispositions
    let symbol: TraceSymbol
    let expected: String
    var description: String { "\(kind) \(dispositions.usr1) \(dispositions.usr2) \(symbol): \(expected)" }
  }

  static let cases: [Case] = table.split(separator: "\n").flatMap { line in
    let words = line.split(separator: " ").map(String.init)
    let dispositions = SignalDispositions(usr1: disposition(words[0]), usr2: disposition(words[1]))
    let columns: [(Service.Kind, TraceSymbol, String)] = [
      (.service, .logBackend, words[2]), (.service, .driver, words[3]), (.service, .absent, words[4]),
      (.service, .unknown, words[5]), (.driver, .logBackend, words[2]), (.driver, .driver, words[3]),
      // What lies in the drivers' folder flips, or does nothing.
      (.driver, .absent, words[3]), (.driver, .unknown, words[3]),
    ]
    return columns.map { Case(kind: $0, dispositions: dispositions, symbol: $1, expected: $2) }
  }

  static func disposition(_ word: String) -> Disposition {
    switch word {
    case "standard": .standard
    case "ignored": .ignored
    case "caught": .caught
    default: preconditionFailure(word)
    }
  }

  static func text(_ handling: Handling) -> String {
    let level = handling.debug.map { $0 ? "+on" : "+off" } ?? ""
    let obstacle =
      switch handling.obstacle {
      case nil: ""
      case .puma: "!puma"
      case .emulated: "!emulated"
      case .noHandler: "!noHandler"
      case .ignoresSignal: "!ignores"
      case .latchSpent: "!spent"
      case .latchWithoutReturn: "!withoutReturn"
      case .unknownHandlers: "!unknown"
      case .unproved: "!unproved"
      case .freshCopy: "!copy"
      case .unreadable: "!unreadable"
      }
    return handling.dialect.rawValue + level + obstacle + (handling.isMomentary ? "~" : "")
  }

  @Test("The table is whole")
  func whole() { #expect(Self.cases.count == 72) }

  @Test("Kind, dispositions and symbol give the dialect, the level and what is in the way", arguments: cases)
  func handling(row: Case) {
    for isYoung in [false, true] {
      let handling = Handling(
        kind: row.kind, dispositions: row.dispositions, symbol: row.symbol, isYoung: isYoung)
      #expect(Self.text(handling) == row.expected)
      if row.dispositions.usr1 == .standard {
        #expect(handling.obstacle == .noHandler(starting: isYoung))
      }
    }
  }

  @Test("SIGUSR2 is for the latch alone, and only for its way back", arguments: cases)
  func usr2(row: Case) {
    let handling = Handling(
      kind: row.kind, dispositions: row.dispositions, symbol: row.symbol, isYoung: false)
    #expect(handling.signal(towards: true) != .usr2)
    if handling.signal(towards: false) == .usr2 {
      #expect(handling.dialect == .latch)
      // Where it is caught or ignored it cannot kill.
      #expect(row.dispositions.usr2 != .standard)
    }
    if row.dispositions.usr1 == .standard { #expect(handling.signal(towards: true) == nil) }
  }

  @Test(
    "Each dialect has its signals",
    arguments: [
      (Dialect.toggle, SwitchSignal.usr1, SwitchSignal.usr1), (.driver, .usr1, .usr1), (.latch, .usr1, .usr2),
    ])
  func signals(dialect: Dialect, on: SwitchSignal, off: SwitchSignal) {
    #expect(Handling(dialect).signal(towards: true) == on)
    #expect(Handling(dialect).signal(towards: false) == off)
  }

  @Test("Nothing is sent to Puma, or to what has no dialect")
  func noSignals() {
    for handling in [Handling.puma, Handling(.none)] {
      #expect(handling.dialect == .none)
      #expect(handling.signal(towards: true) == nil)
      #expect(handling.signal(towards: false) == nil)
    }
    #expect(Handling.puma.obstacle == .puma)
  }
}
