import CLinux
import Glibc

/// Has ``ReaderProcess``es look, and waits for none of them longer than it may take.
///
/// Looks are done one after the other by one child. When it is silent for a moment it is left to what it is at, and
/// another child goes on with the rest: a look that takes long, or for ever, holds up no other.
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
  private var current: ReaderProcess?

  /// How long a child may be silent before another one goes on with the rest, nanoseconds. No verdict is in it: what
  /// is only slow (a disk without its caches) still has its time.
  private static let patienceNs: Int64 = 10_000_000
  /// The same once one was silent: there are likely to be more where that came from.
  private static let shortPatienceNs: Int64 = 2_000_000
  /// How many requests a child is given ahead.
  private static let window = 16
  /// How many children may hang at one moment.
  private static let limitHanging = 256

  /// - Parameter answer: what a child does with a request. It runs in the child alone: what it changes here is seen by
  ///   later requests to the same child, and by nobody else.
  public init(answering answer: @escaping ([UInt8]) -> [UInt8]) { self.answer = answer }

  /// Ends the child, so that the next one knows what is known here now.
  public func renew() { current = nil }

  private struct Look {
    let reader: ReaderProcess
    let index: Int
    let sinceNs: Int64
  }

  /// Has all `requests` looked at.
  ///
  /// - Parameter allowance: how long one look may take at most.
  /// - Returns: an answer for each, in their order.
  public func ask(_ requests: [[UInt8]], allowance: Duration) -> [Result<[UInt8], Silence>] {
    let allowanceNs = allowance.nanoseconds
    var answers = [Result<[UInt8], Silence>?](repeating: nil, count: requests.count)
    var waiting = Array(requests.indices.reversed())
    var sent: [Int] = []
    var hanging: [Look] = []
    var lastNs = clinux_boottime_ns()
    var patienceNs = Self.patienceNs
    while true {
      if current == nil, !waiting.isEmpty {
        do throws(HostError) { current = try ReaderProcess(answering: answer) } catch {
          for index in waiting { answers[index] = .failure(.none(error)) }
          waiting = []
        }
        lastNs = clinux_boottime_ns()
      }
      while let reader = current, sent.count < Self.window, let index = waiting.last {
        guard reader.send(requests[index]) else { break }
        if sent.isEmpty { lastNs = clinux_boottime_ns() }
        sent.append(index)
        waiting.removeLast()
      }
      if sent.isEmpty, hanging.isEmpty {
        guard waiting.isEmpty else {
          // It has ended, and takes no request.
          current = nil
          continue
        }
        return answers.map { $0 ?? .failure(.ended) }
      }
      let nowNs = clinux_boottime_ns()
      let patienceEndNs = sent.isEmpty ? Int64.max : lastNs + patienceNs
      let nextNs = min(patienceEndNs, hanging.map { $0.sinceNs + allowanceNs }.min() ?? .max)
      let ready = Self.poll(
        sent.isEmpty ? nil : current, hanging.map(\.reader), untilNs: nextNs, nowNs: nowNs)

      if let reader = current, !sent.isEmpty, ready.contains(reader.descriptor) {
        lastNs = clinux_boottime_ns()
        let index = sent.removeFirst()
        if let bytes = reader.receive() {
          answers[index] = .success(bytes)
        } else {
          answers[index] = .failure(.ended)
          waiting += sent.reversed()
          (sent, current) = ([], nil)
        }
      } else if let reader = current, !sent.isEmpty, clinux_boottime_ns() >= patienceEndNs {
        patienceNs = Self.shortPatienceNs
        reader.stepBack()
        hanging.append(Look(reader: reader, index: sent.removeFirst(), sinceNs: lastNs))
        waiting += sent.reversed()
        (sent, current) = ([], nil)
        if hanging.count >= Self.limitHanging { answers[hanging.removeFirst().index] = .failure(.late) }
      }
      let overNs = clinux_boottime_ns() - allowanceNs
      hanging.removeAll { look in
        if ready.contains(look.reader.descriptor) {
          answers[look.index] = look.reader.receive().map { .success($0) } ?? .failure(.ended)
          return true
        }
        guard look.sinceNs <= overNs else { return false }
        answers[look.index] = .failure(.late)
        return true
      }
    }
  }

  /// Waits until one of the children has something to say, or the time is over.
  private static func poll(
    _ current: ReaderProcess?, _ hanging: [ReaderProcess], untilNs: Int64, nowNs: Int64
  ) -> Set<Int32> {
    var entries = ([current].compactMap { $0 } + hanging).map {
      pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
    }
    let restMs = Int32(clamping: (max(0, untilNs - nowNs) + 999_999) / 1_000_000)
    // A signal that asks this program to end is looked at by whoever asked.
    guard Glibc.poll(&entries, nfds_t(entries.count), restMs) > 0 else { return [] }
    return Set(entries.filter { $0.revents != 0 }.map(\.fd))
  }
}

extension Duration {
  /// The whole of it in nanoseconds, as the kernel's interfaces take it; what does not fit is the longest that does.
  public var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || carry ? (seconds < 0 ? .min : .max) : sum
  }
}
