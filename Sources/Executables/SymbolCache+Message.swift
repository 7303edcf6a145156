import Processes
import Text

extension SymbolCache.Entry: Message {
  public func write(to message: inout MessageWriter) {
    message.write(identity.device, identity.inode, identity.sizeBytes, identity.modified, identity.buildID)
    message.write(traceFlag.kind.rawValue, traceFlag.address, traceFlag.index)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    let identity = ExecutableIdentity(
      device: try message.read(), inode: try message.read(), sizeBytes: try message.read(),
      modified: try message.read(), buildID: try message.read())
    guard let kind = TraceFlagSymbol.Kind(rawValue: try message.read()) else {
      throw ParseError("an unknown kind of flag")
    }
    self.init(
      identity: identity,
      traceFlag: TraceFlagSymbol(kind: kind, address: try message.read(), index: try message.read()))
  }
}
