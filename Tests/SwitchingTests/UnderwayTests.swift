import Ledger
import Processes
import TestSupport
import Testing
import Text

@testable import PlaceOS
@testable import Switching

@Suite("Signals that may yet be acted on")
struct UnderwayTests {
  static let usr1 = SignalMask(bits: 1 << 9)
  static let none = SignalMask(bits: 0)

  static func reading(
    pending: Bool = false, flag: Bool? = nil, log: LoggedLevel.Finding? = nil, pipes: SignalPipes? = nil
  ) -> Reading {
    Reading(
      handling: Handling(.toggle),
      masks: SignalMasks(caught: usr1, ignored: none, pending: pending ? usr1 : none),
      state: UInt8(ascii: "S"), isFrozen: false,
      evidence: LevelEvidence(
        program: nil, flag: flag, flagRefusal: nil, log: log, logRefusal: nil, pipes: pipes)
    )
  }

  static func underway(
    _ reading: Reading, _ signal: LedgerEntry.SentSignal?, sender: LevelContext.Sender = .ended
  ) -> Underway {
    let record = signal.map { entry(sent: $0) }
    let level = LevelReading(reading, entry: record, isLedgerKnown: true, refusal: nil, now: now)
    return Underway(
      reading, level,
      LevelContext(entry: record, isLedgerKnown: true, sender: sender, now: now))
  }

  static let idle = SignalPipes(waitingBytes: 0, count: 1, isIdle: true)
  static let busy = SignalPipes(waitingBytes: 0, count: 1, isIdle: false)
  static let waiting = SignalPipes(waitingBytes: 4, count: 1, isIdle: false)

  @Test(
    "However long ago it was, a signal that has not shown is not forgotten", arguments: [0.001, 14, 86_400])
  func age(seconds: Double) {
    let signal = sent(true, secondsAgo: seconds)
    let unseen = Underway.unseen(age: .seconds(seconds))
    #expect(Self.underway(Self.reading(flag: false), signal) == unseen)
    #expect(Self.underway(Self.reading(), signal) == unseen)
    #expect(Self.underway(Self.reading(flag: false, pipes: Self.busy), signal) == unseen)
  }

  @Test("What the process shows lets go of it")
  func evidence() {
    #expect(Self.underway(Self.reading(flag: true), sent(true, secondsAgo: 1)) == .nothing)
    // It is not on its way, and has not worked: it was lost, or somebody has sent another.
    #expect(Self.underway(Self.reading(flag: false, pipes: Self.idle), sent(true, secondsAgo: 1)) == .nothing)
    #expect(Self.underway(Self.reading(flag: false), sent(true, secondsAgo: 1, .confirmed)) == .nothing)
    #expect(Self.underway(Self.reading(), sent(true, secondsAgo: 1, .taken)) == .nothing)
    #expect(Self.underway(Self.reading(), nil) == .nothing)
  }

  @Test("The kernel and the process's own pipe show where it is")
  func queues() {
    #expect(Self.underway(Self.reading(pending: true), sent(true, secondsAgo: 1)) == .pending(isOwn: true))
    #expect(Self.underway(Self.reading(pending: true), nil) == .pending(isOwn: false))
    #expect(
      Self.underway(Self.reading(flag: false, pipes: Self.waiting), sent(true, secondsAgo: 60)) == .queued)
    // Somebody else's.
    #expect(Self.underway(Self.reading(flag: false, pipes: Self.waiting), nil) == .queued)
  }

  @Test("What another command is about to send is its own, as long as it lives")
  func claimed() {
    var signal = sent(true, secondsAgo: 1, .intended)
    signal.sender = identity(99)
    #expect(
      Self.underway(Self.reading(flag: false), signal, sender: .running) == .claimed(by: identity(99)))
    // Its signal shows, and it has not seen that yet; it cannot where it is stopped.
    #expect(
      Self.underway(Self.reading(flag: true), signal, sender: .running) == .claimed(by: identity(99)))
    #expect(Self.underway(Self.reading(flag: true), signal, sender: .stopped) == .nothing)
    #expect(
      Self.underway(Self.reading(flag: false), signal, sender: .stopped) == .claimed(by: identity(99)))
    #expect(Self.underway(Self.reading(flag: false, pipes: Self.idle), signal) == .nothing)
    // Whether it was sent before its sender was killed, nobody knows.
    #expect(Self.underway(Self.reading(), signal) == .unseen(age: second))
  }

  @Test("A whole log that was written long after it lets go of it, and no other does")
  func log() {
    func finding(_ secondsAgo: Int64?, isWhole: Bool = true) -> LoggedLevel.Finding {
      LoggedLevel.Finding(
        debug: false, wholeSince: isWhole ? .distantPast : now.wall, isForgeable: false,
        newest: secondsAgo.map { now.wall - .seconds($0) })
    }
    func underway(_ log: LoggedLevel.Finding) -> Underway {
      Self.underway(Self.reading(log: log), sent(true, secondsAgo: 60))
    }
    #expect(underway(finding(1)) == .nothing)
    #expect(underway(finding(58)) == .unseen(age: 60 * second))
    #expect(underway(finding(3600)) == .unseen(age: 60 * second))
    #expect(underway(finding(1, isWhole: false)) == .unseen(age: 60 * second))
    #expect(underway(finding(nil)) == .unseen(age: 60 * second))
  }
}
