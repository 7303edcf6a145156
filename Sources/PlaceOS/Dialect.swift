/// What a signal does to a service; it has changed over PlaceOS's releases.
public enum Dialect: String, Sendable, CaseIterable {
  /// SIGUSR1 flips the trace level, any number of times. SIGUSR2 kills.
  case toggle
  /// SIGUSR1 switches on, SIGUSR2 switches off, each once in the life of the process.
  case latch
  /// SIGUSR1 flips the trace level. SIGUSR2 prints statistics.
  case driver
  /// No signal switches it.
  case none
}

/// The only two signals that this program ever sends.
public enum SwitchSignal: String, Sendable {
  case usr1 = "USR1"
  case usr2 = "USR2"
}

/// What a process does on a signal, signal(7).
public enum Disposition: Hashable, Sendable { case standard, ignored, caught }

/// The dispositions of the two signals at one moment.
public struct SignalDispositions: Hashable, Sendable {
  public let usr1: Disposition
  public let usr2: Disposition

  public init(usr1: Disposition, usr2: Disposition) {
    self.usr1 = usr1
    self.usr2 = usr2
  }
}

/// What the executable's symbol table says.
public enum TraceSymbol: Hashable, Sendable {
  /// `PlaceOS::LogBackend::trace`: the toggle dialect.
  case logBackend
  /// `PlaceOS::Driver::trace`: the driver dialect.
  case driver
  /// There is a symbol table, and neither flag is in it.
  case absent
  /// There is no symbol table, or it could not be read.
  case unknown
}

/// Why a process cannot be switched by a signal.
public enum Obstacle: Hashable, Sendable {
  /// Ruby under Puma: SIGUSR1 is a restart.
  case puma
  /// It runs in an emulator: a signal has ended such a process.
  case emulated
  /// SIGUSR1 is not trapped, so it would kill. `starting`: young enough that the handler may still come.
  case noHandler(starting: Bool)
  /// SIGUSR1 is ignored, and this is not the moment when a handler rearms itself.
  case ignoresSignal
  /// A latch that has been on and off; only a restart rearms it.
  case latchSpent
  /// A latch whose SIGUSR2 is used up: once on, only a restart would switch it off.
  case latchWithoutReturn
  /// Handlers that fit no dialect.
  case unknownHandlers
  /// Only the name says that the process belongs to PlaceOS.
  case unproved
  /// It may be a copy that its service has just forked, about to execute another program: it has its parent's
  /// handlers, and would pass the signal on to that program.
  case freshCopy
  /// It cannot be read.
  case unreadable
}

/// How a process can be switched, and what its signal dispositions say of its level.
public struct Handling: Hashable, Sendable {
  public let dialect: Dialect
  /// Whether it is in debug mode, if the dispositions tell; `nil` if they do not.
  public let debug: Bool?
  public let obstacle: Obstacle?
  /// Whether a handler may just have been rearming itself: then the reading proves nothing, read again.
  public let isMomentary: Bool

  init(_ dialect: Dialect, debug: Bool? = nil, obstacle: Obstacle? = nil, isMomentary: Bool = false) {
    self.dialect = dialect
    self.debug = debug
    self.obstacle = obstacle
    self.isMomentary = isMomentary
  }

  /// Judges a process of PlaceOS by its kind, its dispositions and its executable's symbols.
  ///
  /// - Parameters:
  ///   - declared: the dialect that somebody has declared. The handlers must fit it; symbols outweigh it.
  ///   - isYoung: whether it started so recently that its handler may still come.
  public init(
    kind: Service.Kind, declared: Dialect? = nil, dispositions: SignalDispositions, symbol: TraceSymbol,
    isYoung: Bool
  ) {
    let none = Handling(.none, obstacle: .noHandler(starting: isYoung))
    switch (symbol, kind) {
    case (.logBackend, _): self = Self.flipping(.toggle, dispositions, none)
    case (.driver, _): self = Self.flipping(.driver, dispositions, none)
    case (_, .driver): self = Self.flipping(.driver, dispositions, none)
    case (.absent, .service), (.unknown, .service):
      self =
        declared.map { Self.declared($0, dispositions, none) }
        ?? Self.byDispositions(dispositions, symbol: symbol, none)
    }
  }

  private static func flipping(
    _ dialect: Dialect, _ dispositions: SignalDispositions, _ none: Handling
  ) -> Handling {
    switch dispositions.usr1 {
    case .caught: Handling(dialect)
    case .ignored: Handling(dialect, obstacle: .ignoresSignal, isMomentary: true)
    case .standard: none
    }
  }

  /// By a declaration that nothing in the executable confirms, so every handler must fit the dialect: a
  /// latch and a driver trap both signals, the toggle dialect only the first.
  private static func declared(
    _ dialect: Dialect, _ dispositions: SignalDispositions, _ none: Handling
  ) -> Handling {
    if dispositions.usr1 == .standard { return none }
    switch dialect {
    case .toggle where dispositions.usr2 != .caught, .driver where dispositions.usr2 == .caught:
      return flipping(dialect, dispositions, none)
    case .latch where dispositions.usr2 != .standard:
      return byDispositions(dispositions, symbol: .unknown, none)
    case .toggle, .driver, .latch, .none: return Handling(.none, obstacle: .unknownHandlers)
    }
  }

  private static func byDispositions(
    _ dispositions: SignalDispositions, symbol: TraceSymbol, _ none: Handling
  ) -> Handling {
    switch (dispositions.usr1, dispositions.usr2) {
    case (.caught, .caught): return Handling(.latch, debug: false)
    case (.ignored, .caught): return Handling(.latch, debug: true)
    case (.caught, .ignored): return Handling(.latch, debug: false, obstacle: .latchWithoutReturn)
    // Nothing here tells which of the two came last, nor then the level.
    case (.ignored, .ignored): return Handling(.latch, obstacle: .latchSpent)
    // A symbol table without the flag contradicts the toggle dialect, and a latch traps both.
    case (.caught, .standard) where symbol == .absent,
      (.ignored, .standard) where symbol == .absent:
      return Handling(.none, obstacle: .unknownHandlers, isMomentary: true)
    case (.caught, .standard): return Handling(.toggle)
    case (.ignored, .standard): return Handling(.toggle, obstacle: .ignoresSignal, isMomentary: true)
    case (.standard, _): return none
    }
  }

  /// For a process that cannot be read.
  public static let unread = Handling(.none, obstacle: .unreadable)

  /// Ruby under Puma.
  public static let puma = Handling(.none, obstacle: .puma)

  /// In an emulator.
  public static let emulated = Handling(.none, obstacle: .emulated)

  /// The signal that switches a process on or off; `nil` if none does.
  public func signal(towards debug: Bool) -> SwitchSignal? {
    switch dialect {
    case .toggle, .driver: .usr1
    case .latch: debug ? .usr1 : .usr2
    case .none: nil
    }
  }
}

extension Obstacle {
  /// Why the process cannot be switched.
  public var sentence: String {
    switch self {
    case .puma: "Ruby under Puma: SIGUSR1 would restart it"
    case .emulated: "runs in an emulator: SIGUSR1 could kill it"
    case .noHandler(starting: true): "still starting: no SIGUSR1 handler yet"
    case .noHandler(starting: false): "no SIGUSR1 handler: the signal would kill it"
    case .ignoresSignal: "it ignores SIGUSR1"
    case .latchSpent: "switched on and off once: only a restart arms it again"
    case .latchWithoutReturn:
      "its way back (SIGUSR2) is used up: once on, only a restart would end debug mode"
    case .unknownHandlers: "its signal handlers fit no known version of PlaceOS"
    case .unproved: "unproved: only its name says that it is PlaceOS (--trust-name)"
    case .freshCopy: "its service has just made a copy of itself, to run another program"
    case .unreadable: "it cannot be looked at"
    }
  }
}
