import SystemPackage
import Text

extension FileSystemSpace: Message {
  public func write(to message: inout MessageWriter) { message.write(path.string, sizeBytes, freeBytes) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      path: FilePath(try message.read(String.self)), sizeBytes: try message.read(),
      freeBytes: try message.read())
  }
}
