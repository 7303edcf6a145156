/// The users of a passwd(5) file. A static program cannot link glibc's name service, so it reads the file.
public struct PasswdFile: Sendable {
  private let names: [UInt32: String]

  /// - Parameter bytes: the file. A line that does not describe a user is left out:
  ///   `jane:x:1000:1000:Jane,,,:/home/jane:/bin/bash`
  public init(parsing bytes: [UInt8]) {
    var names: [UInt32: String] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count == 7, !fields[0].isEmpty,
        let uid = UInt32(String(decoding: fields[2], as: UTF8.self)), names[uid] == nil
      else { continue }
      // The first line of a user counts, getpwuid(3).
      names[uid] = String(decoding: fields[0], as: UTF8.self)
    }
    self.names = names
  }

  /// The name of a user; `nil` if the file has none.
  public func name(of uid: UInt32) -> String? { names[uid] }
}
