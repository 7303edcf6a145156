import Glibc
import Text

/// Sends requests to ``ReaderProcess``es, and waits for each only as long as it may take.
///
/// The requests are shared among as many children as there are processors, and each child answers its own one by one. If
/// a child is silent for a moment, it keeps the request that it works on, and a new child takes over the rest of its
/// share: a request that takes long, or never ends, delays no other.
public final class ReaderPool {
  /// Why a look has no answer.
  public enum Silence: Error, Hashable, Sendable {
    /// It took longer than was allowed.
    case late
    /// The child has ended over it.
    case ended
    /// No child could be made.
    case none(HostError)
  }

  private let answer: ([UInt8]) -> [UInt8]
  /// The children, by the number of their share; `nil` for one that has to be made.
  private var readers: [ReaderProcess?] = []

  /// How long a child may be silent before a new one takes over its other requests. This decides nothing about
  /// the request: what is only slow (a disk without its caches) still has its time.
  private static let patience = Duration.milliseconds(10)
  /// The same after one was silent: there are likely to be more like it.
  private static let shortPatience = Duration.milliseconds(2)
  /// The same for a child that is running, or waiting for a processor: it will probably answer soon, and a new one would
  /// have to read again what it already knows.
  private static let patienceWithBusy = Duration.milliseconds(100)
  /// How many requests a child is given ahead.
  private static let window = 16
  /// How many requests justify one more child: a fork costs as much as many requests.
  private static let requestsPerChild = 128
  /// How many subjects with consecutive numbers go to one child: they often share files, such as their container's.
  private static let neighbours = 16
  /// How many children look at one moment at most.
  private static let limitAtOnce = min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  /// How many children may hang at one moment.
  private static let limitHanging = 256

  /// - Parameter answer: what a child does with a request. It runs in the child alone: what it changes here is seen by
  ///   later requests to the same child, and by nobody else.
  public init(answering answer: @escaping ([UInt8]) -> [UInt8]) { self.answer = answer }

  /// Ends the children, so that the next ones know what is known here now.
  public func renew() { readers = [] }

  /// A share of the requests, and the child that is at it.
  private struct Share {
    var reader: ReaderProcess?
    /// The requests that it still has to be given, last first.
    var waiting: [Int]
    /// The requests that it has; the first is the one it works on.
    var sent: [Int] = []
    /// When it was last heard of, or given something to do.
    var last: BootTime
    /// When it was last seen to be busy.
    var busy = BootTime.distantPast
    var patience = ReaderPool.patience

    var isDone: Bool { waiting.isEmpty && sent.isEmpty }
    /// When it has been silent for too long.
    var patienceEnd: BootTime { sent.isEmpty ? .distantFuture : max(last, busy) + patience }

    /// Whether its present request takes so long that others are delayed.
    mutating func isSilentForTooLong(now: BootTime) -> Bool {
      guard now >= patienceEnd else { return false }
      guard now - last < ReaderPool.patienceWithBusy, reader?.turnsBeforeThisWait == nil else {
        return true
      }
      busy = now
      return false
    }

    /// Takes the answers that are there.
    mutating func take(into answers: inout [Result<[UInt8], Silence>?]) {
      while let reader, let index = sent.first {
        do throws(Silence) {
          guard let bytes = try reader.receive() else { return }
          answers[index] = .success(bytes)
          sent.removeFirst()
        } catch {
          answers[index] = .failure(error)
          sent.removeFirst()
          replaceReader()
        }
      }
    }

    /// What it was given and has not answered is given to another.
    mutating func replaceReader() {
      waiting += sent.reversed()
      (sent, reader) = ([], nil)
    }
  }

  private struct Look {
    let reader: ReaderProcess
    let index: Int
    let since: BootTime
    /// Since when its child has been waiting for one and the same thing, as far as was seen, and how that was seen.
    var stuckSince: BootTime
    var turns: UInt64?

    /// Whether its child has waited for one thing for so long that nothing is to be expected.
    mutating func isStuck(for stuck: Duration, now: BootTime) -> Bool {
      guard now - stuckSince >= stuck else { return false }
      let before = turns
      turns = reader.turnsBeforeThisWait
      stuckSince = now
      return before != nil && turns == before
    }
  }

  /// Has all `requests` looked at.
  ///
  /// - Parameters:
  ///   - subjects: the number of what each request is about; if not said, the request's own. A subject goes to the child
  ///     that had it before, and knows it.
  ///   - allowance: how long one look may take at most.
  ///   - stuck: how long it may wait for one and the same thing. A slow disk lets its reader run now and then, and one
  ///     that has to wait for a processor is not stuck.
  /// - Returns: an answer for each, in their order.
  public func ask(
    _ requests: [[UInt8]], subjects: [Int]? = nil, allowance: Duration, stuck: Duration? = nil
  ) -> [Result<[UInt8], Silence>] {
    let stuck = min(stuck ?? allowance, allowance)
    var answers = [Result<[UInt8], Silence>?](repeating: nil, count: requests.count)
    var shares = shares(of: subjects ?? Array(requests.indices))
    var hanging: [Look] = []
    while true {
      for number in shares.indices { give(&shares[number], requests, &answers) }
      if hanging.isEmpty, shares.allSatisfy(\.isDone) {
        readers = shares.map(\.reader)
        return answers.map { $0 ?? .failure(.ended) }
      }
      let working = shares.filter { !$0.sent.isEmpty }
      let next =
        (working.map(\.patienceEnd)
        + hanging.map { min($0.since + allowance, $0.stuckSince + stuck) }).min() ?? .distantFuture
      let ready = Self.poll(working.compactMap(\.reader) + hanging.map(\.reader), until: next)

      for number in shares.indices {
        guard let reader = shares[number].reader, !shares[number].sent.isEmpty else { continue }
        if ready.contains(reader.descriptor) {
          shares[number].last = .now()
          shares[number].take(into: &answers)
        } else if shares[number].isSilentForTooLong(now: .now()) {
          reader.stepBack()
          let index = shares[number].sent.removeFirst()
          hanging.append(
            Look(
              reader: reader, index: index, since: shares[number].last,
              stuckSince: shares[number].last,
              turns: reader.turnsBeforeThisWait))
          shares[number].replaceReader()
          shares[number].patience = Self.shortPatience
          if hanging.count >= Self.limitHanging { answers[hanging.removeFirst().index] = .failure(.late) }
        }
      }
      let now = BootTime.now()
      for number in hanging.indices.reversed() {
        let look = hanging[number]
        if ready.contains(look.reader.descriptor) {
          do throws(Silence) {
            guard let bytes = try look.reader.receive() else { continue }
            answers[look.index] = .success(bytes)
          } catch { answers[look.index] = .failure(error) }
        } else if now - look.since >= allowance || hanging[number].isStuck(for: stuck, now: now) {
          answers[look.index] = .failure(.late)
        } else {
          continue
        }
        hanging.remove(at: number)
      }
    }
  }

  /// Shares out requests: neighbours stay together, and with the child that had them before.
  private func shares(of subjects: [Int]) -> [Share] {
    let wanted = min(Self.limitAtOnce, max(1, subjects.count / Self.requestsPerChild))
    while readers.count < wanted { readers.append(nil) }
    let now = BootTime.now()
    var shares = readers.map { Share(reader: $0, waiting: [], last: now) }
    for index in subjects.indices.reversed() {
      shares[subjects[index] / Self.neighbours % shares.count].waiting.append(index)
    }
    return shares
  }

  /// Gives a child as much to do as it may have ahead; makes one where there is none.
  private func give(_ share: inout Share, _ requests: [[UInt8]], _ answers: inout [Result<[UInt8], Silence>?])
  {
    while !share.waiting.isEmpty {
      if share.reader == nil {
        do throws(HostError) { share.reader = try ReaderProcess(answering: answer) } catch {
          for index in share.waiting { answers[index] = .failure(.none(error)) }
          share.waiting = []
          return
        }
        share.last = .now()
      }
      while let reader = share.reader, share.sent.count < Self.window, let index = share.waiting.last {
        guard reader.send(requests[index]) else { break }
        if share.sent.isEmpty { share.last = .now() }
        share.sent.append(index)
        share.waiting.removeLast()
      }
      // One that has nothing to do and takes no request has ended.
      guard share.sent.isEmpty else { return }
      share.reader = nil
    }
  }

  /// Waits until one of the children has something to say, or the time is over.
  private static func poll(_ readers: [ReaderProcess], until end: BootTime) -> Set<Int32> {
    var entries = readers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    let restMs = Int32(clamping: (max(0, (end - .now()).nanoseconds) + 999_999) / 1_000_000)
    // A signal that asks this program to end is looked at by whoever asked.
    guard Glibc.poll(&entries, nfds_t(entries.count), restMs) > 0 else { return [] }
    return Set(entries.filter { $0.revents != 0 }.map(\.fd))
  }
}
