import Text

extension ExecutableFile: Message {
  public func write(to message: inout MessageWriter) { message.write(path, device, inode, isClaimed) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      path: try message.read(), device: try message.read(), inode: try message.read(),
      isClaimed: try message.read())
  }
}
