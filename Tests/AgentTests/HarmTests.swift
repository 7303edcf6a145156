import Configuration
import Processes
import Switching
import TestSupport
import Testing

@testable import Agent
@testable import Text

@Suite("What does harm") struct HarmTests {
  let limits = GuardLimits(freePercent: 10, freeBytes: 2000, writeBytesPerSecond: 50, writeSeconds: 10)

  func space(free: UInt64, of size: UInt64) -> FileSystemSpace {
    FileSystemSpace(path: "/var/log", sizeBytes: size, freeBytes: free)
  }

  func harm(_ spaces: [FileSystemSpace], rate: UInt64? = nil, _ limits: GuardLimits? = nil) -> Harm? {
    Harm(spaces: spaces, bytesPerSecond: rate, limits: limits ?? self.limits)
  }

  @Test("a look that could last past the next deadline is made right after it, and not put off for ever")
  func givesWay() {
    var debugGuard = DebugGuard(limits: limits)
    func isDue(_ now: BootTime, before deadline: BootTime?, count: Int = 400) -> Bool {
      debugGuard.isDue(now: now, before: deadline, count: count)
    }
    let start: BootTime = 1_000_000_000
    #expect(!isDue(start, before: nil))
    debugGuard.plan(isNeeded: true, now: start)
    let deadline = start + .milliseconds(100)
    #expect(!isDue(start, before: deadline))
    #expect(debugGuard.next == deadline)
    #expect(isDue(deadline, before: deadline))
    // A deadline that is far enough away does not matter.
    #expect(isDue(deadline, before: deadline + .milliseconds(100), count: 20))
    var now = deadline
    while !isDue(now, before: now + .milliseconds(1)), now < start + .seconds(60) {
      now = now + .milliseconds(1)
    }
    #expect((start + .seconds(1)..<start + .seconds(3)).contains(now))
  }

  @Test("too little in percent or in bytes, on any of the file systems")
  func disk() {
    #expect(harm([space(free: 10_000, of: 100_000)]) == nil)
    #expect(harm([space(free: 9_999, of: 100_000)]) == .diskLow(space(free: 9_999, of: 100_000)))
    #expect(harm([space(free: 2_000, of: 3_000)]) == nil)
    #expect(harm([space(free: 1_999, of: 3_000)]) == .diskLow(space(free: 1_999, of: 3_000)))
    #expect(
      harm([space(free: 9_000, of: 9_000), space(free: 0, of: 9_000)]) == .diskLow(space(free: 0, of: 9_000)))
    #expect(harm([]) == nil)
  }

  @Test("more than the limit a second, once that can be told")
  func writing() {
    #expect(harm([], rate: nil) == nil)
    #expect(harm([], rate: 50) == nil)
    #expect(harm([], rate: 51) == .writesTooMuch(bytesPerSecond: 51, seconds: 10))
  }

  @Test("0 switches a limit off")
  func off() {
    let none = GuardLimits(freePercent: 0, freeBytes: 0, writeBytesPerSecond: 0, writeSeconds: 10)
    #expect(harm([space(free: 0, of: 100)], rate: .max, none) == nil)
  }

  @Test("the reason says what, where, and the limit")
  func sentences() {
    let low = Harm.diskLow(space(free: 1_200_000_000, of: 30_000_000_000)).sentence(GuardLimits())
    #expect(
      low == "guard: 1.2 GB (4 %) left on the file system of /var/log, of which 10 % and 2.1 GB must be")
    let fast = Harm.writesTooMuch(bytesPerSecond: 61_000_000, seconds: 10).sentence(GuardLimits())
    #expect(fast == "guard: it wrote 61.0 MB/s over 10 s; 50.0 MB/s is the limit")
  }

  @Test("the rate is that of the window, and is not known before the window is full")
  func meter() {
    var meter = WriteMeter()
    let window = Duration.seconds(10)
    meter.add(bytes: 0, at: 0, window: window)
    #expect(meter.bytesPerSecond == nil)
    meter.add(bytes: 5_000, at: boot + 5 * second, window: window)
    #expect(meter.bytesPerSecond == 1000)
    #expect(meter.bytesPerSecond(over: window) == nil)
    meter.add(bytes: 10_000, at: boot + 10 * second, window: window)
    #expect(meter.bytesPerSecond(over: window) == 1000)
    // Silence since then: what was written before the window does not count.
    for tick in 3...6 { meter.add(bytes: 10_000, at: boot + tick * 5 * second, window: window) }
    #expect(meter.bytesPerSecond(over: window) == 0)
  }

  @Test("numbers of bytes read as people write them")
  func bytes() {
    let shown: [(UInt64, String)] = [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1234, "1.2 kB"), (99_999, "99.9 kB"),
      (100_000, "100 kB"),
      (2_147_483_648, "2.1 GB"), (.max, "18.4 EB"),
    ]
    for (bytes, text) in shown { #expect(ByteText(bytes).description == text) }
  }
}
