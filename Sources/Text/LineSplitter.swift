import Glibc

/// Takes bytes as they come from a file or a pipe, and hands out lines.
public struct LineSplitter: Sendable {
  /// Longer lines are handed out in pieces of about this size, bytes.
  public let limitBytes: Int
  /// The start of a line that is not complete yet.
  private var carry: [UInt8] = []

  public init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Hands out the lines that end in `bytes`, without their line feeds.
  public mutating func take(_ bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
    var start = bytes.startIndex
    while let feed = Self.feed(in: bytes[start...]) {
      if carry.isEmpty {
        body(bytes[start..<feed])
      } else {
        carry += bytes[start..<feed]
        body(carry[...])
        carry.removeAll(keepingCapacity: true)
      }
      start = feed + 1
    }
    carry += bytes[start...]
    if carry.count > limitBytes { finish(body) }
  }

  /// Hands out what is left: the last line has no line feed, and will get none.
  public mutating func finish(_ body: (ArraySlice<UInt8>) -> Void) {
    guard !carry.isEmpty else { return }
    body(carry[...])
    carry.removeAll()
  }

  /// Forgets what is left.
  public mutating func clear() { carry.removeAll(keepingCapacity: true) }

  private static func feed(in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress, let found = memchr(base, 0x0A, raw.count) else { return nil }
      return bytes.startIndex + base.distance(to: UnsafeRawPointer(found))
    }
  }
}
