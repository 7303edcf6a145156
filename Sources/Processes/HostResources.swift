import Text

/// How much of the host's memory and open files is left.
public struct HostResources: Hashable, Sendable {
  /// What can be given to new programs without swapping, and the total.
  public let availableBytes: UInt64
  public let totalBytes: UInt64
  /// Open files of the whole host, and their limit.
  public let openFiles: UInt64
  public let limitFiles: UInt64

  public init(availableBytes: UInt64, totalBytes: UInt64, openFiles: UInt64, limitFiles: UInt64) {
    self.availableBytes = availableBytes
    self.totalBytes = totalBytes
    self.openFiles = openFiles
    self.limitFiles = limitFiles
  }

  /// - Parameters:
  ///   - memory: `/proc/meminfo`, proc_meminfo(5):
  ///     ```
  ///     MemTotal:       24604336 kB
  ///     MemAvailable:   22518508 kB
  ///     ```
  ///   - files: `/proc/sys/fs/file-nr`, proc_sys_fs(5): in use, free (always 0), the limit:
  ///     ```
  ///     1184	0	9223372036854775807
  ///     ```
  public init(parsing memory: [UInt8], files: [UInt8]) throws(ParseError) {
    func bytes(_ name: String) throws(ParseError) -> UInt64 {
      for line in memory.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8) {
        let words = line.dropFirst(name.utf8.count).split { $0 == 0x20 || $0 == 0x09 }
        guard let number = words.first.flatMap({ UInt64(ascii: $0) }), number <= UInt64.max >> 10 else {
          break
        }
        return number << 10
      }
      throw ParseError("no \(name) in kB")
    }
    availableBytes = try bytes("MemAvailable:")
    totalBytes = try bytes("MemTotal:")
    let numbers = files.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }.map { UInt64(ascii: $0) }
    guard numbers.count == 3, let used = numbers[0], let limit = numbers[2] else {
      throw ParseError("not three numbers of files")
    }
    (openFiles, limitFiles) = (used, limit)
  }
}

extension ProcessDirectory {
  /// How many descriptors the process may have, `/proc/PID/limits`; proc_pid_limits(5). `nil`: unlimited.
  ///
  ///     Limit                     Soft Limit           Hard Limit           Units
  ///     Max open files            1024                 524288               files
  public func descriptorLimit() throws(HostError) -> Int? {
    let bytes = try bytes(of: "limits", limitBytes: 16 << 10)
    let name = "Max open files"
    let line = bytes.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: name.utf8) }
    let words = line?.dropFirst(name.utf8.count).split(separator: UInt8(ascii: " "))
    return words?.first.flatMap { UInt64(ascii: $0) }.map { Int(clamping: $0) }
  }
}
