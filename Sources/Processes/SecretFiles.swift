import SystemPackage

extension ProcessDirectory {
  /// The process's environment variables with these names, and for those that are not set, the content of a
  /// file: the one that `NAME_FILE` names, or a secret of that name in the folder `SECRETS_PATH`
  /// (`/run/secrets`). Call this in a child (``ReaderProcess``): the files are the container's.
  ///
  /// - Returns: the variables, and why an existing file cannot be read.
  public func environmentAndSecrets(
    named names: [String]
  ) throws(HostError) -> (variables: [String: String], problems: [HostError]) {
    let folderName = "SECRETS_PATH"
    let found = try environment(named: VariableNames(names + names.map { $0 + "_FILE" } + [folderName]))
    var variables: [String: String] = [:]
    var problems: [HostError] = []
    let folder = FilePath(found[folderName] ?? "/run/secrets")
    for name in names {
      if let value = found[name], !value.isEmpty {
        variables[name] = value
        continue
      }
      let path = found[name + "_FILE"].map { FilePath($0) } ?? folder.appending(name)
      guard path.isAbsolute else { continue }
      do throws(HostError) {
        let bytes = try containedBytes(at: path, limitBytes: 64 << 10)
        let text = String(decoding: bytes, as: UTF8.self)
        variables[name] = String(text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" })
      } catch {
        if case .unreadable(let path, let code) = error,
          code == .noSuchFileOrDirectory || code == .notDirectory
        {
          if found[name + "_FILE"] != nil {
            problems.append(.malformed(path: path, reason: "\(name)_FILE names it, and it is not there"))
          }
          continue
        }
        problems.append(error)
      }
    }
    return (variables, problems)
  }
}
