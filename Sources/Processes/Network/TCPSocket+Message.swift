import Text

// What a reader process finds out about a network, on its way to its parent.

extension TCPSocket: Message {
  public func write(to message: inout MessageWriter) {
    message.write(state.rawValue, local, remote, receiveQueue, sendQueue, retransmits, inode, exchange)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    guard let state = State(rawValue: try message.read()) else { throw ParseError("an unknown state") }
    self.init(
      state: state, local: try message.read(), remote: try message.read(), receiveQueue: try message.read(),
      sendQueue: try message.read(), retransmits: try message.read(), inode: try message.read(),
      exchange: try message.read())
  }
}

extension TCPSocket.Exchange: Message {
  public func write(to message: inout MessageWriter) {
    message.write(lastSentMs, lastReceivedMs, bytesReceived)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      lastSentMs: try message.read(), lastReceivedMs: try message.read(), bytesReceived: try message.read())
  }
}

extension NetworkEndpoint: Message {
  public func write(to message: inout MessageWriter) { message.write(address, UInt32(port)) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(address: try message.read(), port: UInt16(truncatingIfNeeded: try message.read(UInt32.self)))
  }
}
