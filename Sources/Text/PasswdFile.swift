/// The users of a passwd(5) file: what a static program can know of them, which the name service of glibc cannot be
/// linked into.
public struct PasswdFile: Sendable {
  private let names: [UInt32: String]

  /// - Parameter bytes: the file. A line that is none of a user is left out:
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

  /// The name of a user; `nil` where the file has none.
  public func name(of uid: UInt32) -> String? { names[uid] }
}
