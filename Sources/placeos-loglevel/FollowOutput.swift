import ArgumentParser
import Glibc
import PlaceOS
import Report
import SystemPackage

/// An extended regular expression, regex(7).
final class LinePattern {
  private var pattern = regex_t()

  /// - Returns: `nil` for anything else.
  init?(_ text: String) { guard regcomp(&pattern, text, REG_EXTENDED | REG_NOSUB) == 0 else { return nil } }

  deinit { regfree(&pattern) }

  func matches(_ line: [UInt8]) -> Bool {
    String(decoding: line, as: UTF8.self).withCString { regexec(&pattern, $0, 0, nil, 0) == 0 }
  }
}

/// The file of `--save`: only for its maker, and never overwriting an existing one.
final class SaveFile {
  let path: String
  private let descriptor: Int32
  /// Why nothing more is saved.
  private(set) var failure: Errno?

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o600)
    guard descriptor >= 0 else {
      throw Ending(.nothingDone, "\(path) cannot be made: \(Errno(rawValue: errno)); nothing was done")
    }
  }

  deinit { close(descriptor) }

  func write(_ line: [UInt8]) {
    guard failure == nil else { return }
    var bytes = line[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        failure = count < 0 ? Errno(rawValue: errno) : .noSpace
        Console.remark("\(path): nothing more is saved: \(failure!)")
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// What `follow` shows of the lines, and how.
final class FollowOutput {
  enum Form { case text, raw, json, none }

  private let form: Form
  private let pattern: LinePattern?
  private let level: LogLevel?
  private let style = Console.Stream.output.style
  private var buffer: [UInt8] = []
  /// The current line, as one object.
  private var json: [UInt8] = []
  private(set) var hiddenByLevel = 0
  private(set) var hiddenByPattern = 0
  /// Nobody reads standard output any more.
  private(set) var isClosed = false
  var file: SaveFile?

  init(form: Form, pattern: LinePattern?, level: LogLevel?) {
    (self.form, self.pattern, self.level) = (form, pattern, level)
  }

  /// Whether lines must be parsed for the given options.
  var looksIntoLines: Bool { form == .text || form == .json || level != nil || file != nil }

  /// - Parameter wasShown: whether the line before it in the same log was shown: an exception's lines go with it.
  /// - Returns: whether it was shown.
  func take(_ line: FollowedRecord, _ record: LogRecord, wasShown: Bool) -> Bool {
    if form == .json || file != nil {
      json.removeAll(keepingCapacity: true)
      line.appendJSON(to: &json)
    }
    file?.write(json)
    if let level {
      let isHidden = record.level.map { $0.severity < level.severity } ?? !wasShown
      if isHidden {
        hiddenByLevel += 1
        return false
      }
    }
    if let pattern, !pattern.matches(record.raw) {
      hiddenByPattern += 1
      return false
    }
    switch form {
    case .none: break
    case .json: buffer += json
    case .text: buffer += line.text(style).utf8
    case .raw:
      buffer += record.raw
      buffer.append(0x0A)
    }
    return true
  }

  /// Writes what was taken; a signal ends the wait for a reader that does not read.
  func flush() {
    var start = 0
    while start < buffer.count, !isClosed, Interruption.signal() == nil {
      var entry = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
      guard poll(&entry, 1, 500) == 1 else { continue }
      // A pipe that is writable takes this much without waiting, pipe(7).
      let end = min(buffer.count, start + Int(PIPE_BUF))
      let count = buffer[start..<end].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else {
        if count < 0, errno != EPIPE {
          Console.remark("standard output could not be written: \(Errno(rawValue: errno))")
        }
        isClosed = true
        break
      }
      start += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// The entry of standard output for poll(2): when its reader goes away, that shows as an error.
  var pollEntry: pollfd { pollfd(fd: form == .none ? -1 : STDOUT_FILENO, events: 0, revents: 0) }

  func noteHangUp(_ entry: pollfd) {
    if entry.revents & Int16(POLLERR | POLLNVAL) != 0 { isClosed = true }
  }
}

extension LogLevel {
  /// Higher is more severe.
  fileprivate var severity: Int { Self.allCases.firstIndex(of: self)! }
}
