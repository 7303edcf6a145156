extension Catalogue {
  /// The service of a process, by what it is recognised as. If it was switched before, what it was recognised
  /// as then counts too: removing an addition from the configuration must not leave it in debug mode.
  ///
  /// - Parameters:
  ///   - recorded: service, executable and dialect of the process as they were recorded when it was switched.
  ///   - executable: the path of its executable, as the process sees it.
  /// - Returns: `nil` if it is not a PlaceOS service.
  public func service(
    of recognition: Recognition, recorded: (service: String, executable: String, dialect: String)?,
    executable: String
  ) -> Service? {
    let recognised = recognition.workingService
    guard let recorded, recorded.executable == executable else { return recognised }
    switch recognition {
    case .puma, .emulated, .errand: return recognised
    case .service(let service) where service.name == recorded.service:
      // PlaceOS's own builds show their dialect; a custom build elsewhere may need to be told it.
      if service.dialect != nil || service.executables.contains(executable) { return service }
    case .service, .other: break
    }
    let known = service(named: recorded.service) ?? Service(name: recorded.service, executables: [])
    guard known.kind == .service, let dialect = Dialect(rawValue: recorded.dialect) else { return known }
    return known.speaking(dialect)
  }
}

extension Recognition {
  /// The service whose long-running process it is.
  fileprivate var workingService: Service? {
    switch self {
    case .service(let service), .puma(let service), .emulated(let service): service
    case .errand, .other: nil
    }
  }
}
