import Processes
import Text

/// What the host shows of the things that stores and services depend on.
public struct HostReading: Hashable, Sendable {
  /// A container of a PlaceOS service that does not stay up.
  public struct FallenContainer: Hashable, Sendable {
    public var service: String
    public var name: String
    public var exitCode = 0
    public var secondsAgo: Int64?
    public var wasKilledForMemory = false
    public var isRunning = false
    public var restartCount = 0

    public init(service: String, name: String) {
      self.service = service
      self.name = name
    }
  }

  public var spaces: [FileSystemSpace] = []
  public var resources: HostResources?
  public var fallen: [FallenContainer] = []

  public init() {}
}

/// What one process shows besides its stores.
public struct ServiceReading: Hashable, Sendable {
  public let process: DiagnosedProcess
  /// A name server that it has waited for during the whole look.
  public var unansweredServer: NetworkEndpoint?
  /// Its open descriptors, and their limit.
  public var descriptors: Int?
  public var descriptorLimit: Int?
  /// What its log says against drivers.
  public var troubles: [SeenTrouble] = []
  /// What its log has lately said of core's instances.
  public var coreComplaint: StoreComplaints.Complaint?
  /// Its answer to a health check; `nil`: it was not asked.
  public var health: Probe?

  public init(process: DiagnosedProcess) { self.process = process }
}

/// One trouble with a driver, as a core's log reports it.
public struct SeenTrouble: Hashable, Sendable {
  public let hasEnded: Bool
  public let driver: String?
  public let ageSeconds: Int64
  /// Redacted.
  public let text: String

  public init(hasEnded: Bool, driver: String?, ageSeconds: Int64, text: String) {
    self.hasEnded = hasEnded
    self.driver = driver
    self.ageSeconds = ageSeconds
    self.text = text
  }
}

extension HostReading: Message {
  public func write(to message: inout MessageWriter) {
    message.write(
      spaces.map { Space(space: $0) },
      resources.map { [$0.availableBytes, $0.totalBytes, $0.openFiles, $0.limitFiles] }, fallen)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    spaces = try message.read([Space].self).map(\.space)
    let numbers = try message.read([UInt64]?.self)
    fallen = try message.read()
    resources = numbers.flatMap {
      $0.count == 4
        ? HostResources(availableBytes: $0[0], totalBytes: $0[1], openFiles: $0[2], limitFiles: $0[3]) : nil
    }
  }

  private struct Space: Message {
    let space: FileSystemSpace

    init(space: FileSystemSpace) { self.space = space }

    func write(to message: inout MessageWriter) {
      message.write(space.path.string, space.sizeBytes, space.freeBytes)
    }

    init(from message: inout MessageReader) throws(ParseError) {
      space = FileSystemSpace(
        path: .init(try message.read(String.self)), sizeBytes: try message.read(),
        freeBytes: try message.read())
    }
  }
}

extension HostReading.FallenContainer: Message {
  public func write(to message: inout MessageWriter) {
    message.write(service, name, exitCode, secondsAgo, wasKilledForMemory, isRunning, restartCount)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(service: try message.read(), name: try message.read())
    exitCode = try message.read()
    secondsAgo = try message.read()
    wasKilledForMemory = try message.read()
    isRunning = try message.read()
    restartCount = try message.read()
  }
}

extension SeenTrouble: Message {
  public func write(to message: inout MessageWriter) { message.write(hasEnded, driver, ageSeconds, text) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      hasEnded: try message.read(), driver: try message.read(), ageSeconds: try message.read(),
      text: try message.read())
  }
}
