import Text

/// A value that goes from one process of this program to another, such as a ``ReaderProcess`` and its parent.
/// Both are the same executable, so the form needs neither a version nor a fixed byte order.
public protocol Message {
  func write(to message: inout MessageWriter)

  /// - Throws: `ParseError` for bytes that `write(to:)` did not make.
  init(from message: inout MessageReader) throws(ParseError)
}

/// Writes values one after another.
public struct MessageWriter {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func write<each Value: Message>(_ values: repeat each Value) {
    repeat (each values).write(to: &self)
  }

  fileprivate mutating func append(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }
}

/// Reads values in the order in which they were written.
public struct MessageReader {
  private var rest: ArraySlice<UInt8>

  public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  public mutating func read<Value: Message>(_ type: Value.Type = Value.self) throws(ParseError) -> Value {
    try Value(from: &self)
  }

  fileprivate mutating func take(_ count: Int) throws(ParseError) -> ArraySlice<UInt8> {
    guard count >= 0, rest.count >= count else { throw ParseError("a message that ends too soon") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}

extension Message where Self: FixedWidthInteger & BitwiseCopyable {
  public func write(to message: inout MessageWriter) { withUnsafeBytes(of: self) { message.append($0) } }

  public init(from message: inout MessageReader) throws(ParseError) {
    self = try message.take(MemoryLayout<Self>.size).withUnsafeBytes { $0.loadUnaligned(as: Self.self) }
  }
}

extension UInt8: Message {}
extension Int32: Message {}
extension UInt32: Message {}
extension Int64: Message {}
extension UInt64: Message {}
extension Int: Message {}

extension Message where Self: Moment {
  public func write(to message: inout MessageWriter) { message.write(nanoseconds) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(nanoseconds: try message.read())
  }
}

extension WallTime: Message {}
extension BootTime: Message {}

extension Bool: Message {
  public func write(to message: inout MessageWriter) { message.write(UInt8(self ? 1 : 0)) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self = try message.read(UInt8.self) == 1
  }
}

extension String: Message {
  public func write(to message: inout MessageWriter) {
    var text = self
    text.withUTF8 { text in
      message.write(text.count)
      message.append(UnsafeRawBufferPointer(text))
    }
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self = String(decoding: try message.take(try message.read(Int.self)), as: UTF8.self)
  }
}

extension Optional: Message where Wrapped: Message {
  public func write(to message: inout MessageWriter) {
    message.write(self != nil)
    if let self { message.write(self) }
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self = try message.read(Bool.self) ? try message.read(Wrapped.self) : nil
  }
}

extension Array: Message where Element: Message {
  public func write(to message: inout MessageWriter) {
    message.write(count)
    for element in self { message.write(element) }
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self = []
    for _ in 0..<(try message.read(Int.self)) { append(try message.read(Element.self)) }
  }
}

extension Result: Message where Success: Message, Failure: Message {
  public func write(to message: inout MessageWriter) {
    switch self {
    case .success(let value):
      message.write(true)
      message.write(value)
    case .failure(let error):
      message.write(false)
      message.write(error)
    }
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self = try message.read(Bool.self) ? .success(try message.read()) : .failure(try message.read())
  }
}
