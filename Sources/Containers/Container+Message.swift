import Processes
import Text

extension Container: Message {
  public func write(to message: inout MessageWriter) {
    message.write(runtime.rawValue, id, name, image, composeService, pod, unreadable)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      runtime: Runtime(rawValue: try message.read()) ?? .unknown, id: try message.read(),
      name: try message.read(), image: try message.read(), composeService: try message.read(),
      pod: try message.read(), unreadable: try message.read())
  }
}

extension Pod: Message {
  public func write(to message: inout MessageWriter) { message.write(uid, namespace, name, container) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      uid: try message.read(), namespace: try message.read(), name: try message.read(),
      container: try message.read())
  }
}
