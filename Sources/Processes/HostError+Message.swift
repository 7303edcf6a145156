import SystemPackage
import Text

// What went wrong in a reader process, as it comes to its parent.

extension HostError: Message {
  public func write(to message: inout MessageWriter) {
    switch self {
    case .unreadable(let path, let code):
      message.write(UInt8(0), path.string, code.rawValue)
    case .malformed(let path, let reason):
      message.write(UInt8(1), path.string, reason)
    case .tooLarge(let path, let limitBytes):
      message.write(UInt8(2), path.string, limitBytes)
    case .notRegular(let path):
      message.write(UInt8(3), path.string)
    case .processTable(let code):
      message.write(UInt8(4), code.rawValue)
    case .call(let call, let code):
      message.write(UInt8(5), call, code.rawValue)
    case .noAnswer(let path):
      message.write(UInt8(6), path.string)
    case .lookFailed(let path):
      message.write(UInt8(7), path.string)
    case .process(let pid, let call, let code):
      message.write(UInt8(8), pid, call, code.rawValue)
    }
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    switch try message.read(UInt8.self) {
    case 0: self = .unreadable(path: try message.path(), try message.errno())
    case 1: self = .malformed(path: try message.path(), reason: try message.read())
    case 2: self = .tooLarge(path: try message.path(), limitBytes: try message.read())
    case 3: self = .notRegular(path: try message.path())
    case 4: self = .processTable(try message.errno())
    case 5: self = .call(try message.read(), try message.errno())
    case 6: self = .noAnswer(path: try message.path())
    case 7: self = .lookFailed(path: try message.path())
    case 8: self = .process(pid: try message.read(), call: try message.read(), try message.errno())
    default: throw ParseError("an unknown error")
    }
  }
}

extension MessageReader {
  fileprivate mutating func path() throws(ParseError) -> FilePath { FilePath(try read(String.self)) }
  fileprivate mutating func errno() throws(ParseError) -> Errno { Errno(rawValue: try read()) }
}
