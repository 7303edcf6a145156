import Executables

@testable import Processes
@testable import Text

/// The files of `/proc/PID`.
enum ProcessFiles {
  static func status(_ bytes: [UInt8]) throws {
    guard let status = accepted({ try ProcStatus(parsing: bytes) }) else { return }
    let text = """
      Name:\ta
      State:\t\(Character(Unicode.Scalar(status.state)))
      SigPnd:\t\(hex(status.masks.pending))
      ShdPnd:\t0000000000000000
      SigIgn:\t\(hex(status.masks.ignored))
      SigCgt:\t\(hex(status.masks.caught))

      """
    // Beyond ASCII a state is no single byte of UTF-8; the kernel has none there.
    guard status.state < 0x80 else { return }
    try require(
      accepted { try ProcStatus(parsing: Array(text.utf8)) } == status, "status: written again, it differs")
  }

  static func stat(_ bytes: [UInt8]) throws {
    if let stat = accepted({ try ProcStat(parsing: bytes) }) {
      try require(stat.pid > 0, "stat: a pid that is none")
      let again = line(
        pid: stat.pid, comm: stat.comm, state: stat.state, parent: stat.parentPID,
        ticks: stat.startTicks, code: stat.programAddresses.code, stack: stat.programAddresses.stack)
      try require(accepted { try ProcStat(parsing: again) } == stat, "stat: written again, it differs")
    }
    // A process may call itself anything: a whole line that is made of it must give back its parts.
    let sum = bytes.reduce(into: UInt64(1)) { $0 = $0 &* 31 &+ UInt64($1) }
    let pid = Int32(sum >> 33) | 1
    let own = line(pid: pid, comm: bytes, state: UInt8(ascii: "S"), ticks: sum)
    guard let stat = accepted({ try ProcStat(parsing: own) }) else {
      throw Violation(description: "stat: a line of the kernel's form is refused")
    }
    try require(
      stat.pid == pid && stat.comm == bytes && stat.state == UInt8(ascii: "S") && stat.startTicks == sum,
      "stat: a process's name changes what is read")
  }

  static func io(_ bytes: [UInt8]) throws {
    guard let io = accepted({ try ProcIO(parsing: bytes) }) else { return }
    let text = "rchar: 1\nwchar: \(io.writtenBytes)\nsyscr: 1\n"
    try require(
      accepted { try ProcIO(parsing: Array(text.utf8)) } == io, "io: written again, it differs")
    // Of a line that is not ended the number may be the beginning of another.
    try require(
      bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        .contains { $0.starts(with: Array("wchar:".utf8)) }, "io: a number that is in no whole line")
  }

  static func maps(_ bytes: [UInt8]) throws {
    guard let maps = accepted({ try MemoryMaps(parsing: bytes) }) else { return }
    try require(maps.mappings.count <= lineCount(bytes), "maps: more mappings than lines")
    var end: UInt64 = 0
    for (index, mapping) in maps.mappings.enumerated() {
      try require(mapping.start >= end && mapping.end > mapping.start, "maps: out of order")
      end = mapping.end
      guard index < 64 else { continue }
      try require(maps.index(of: mapping.start) == index, "maps: an address is in another mapping")
      try require(maps.index(of: mapping.end - 1) == index, "maps: an address is in another mapping")
    }
    try require(maps.index(of: end) == nil, "maps: an address behind all is in one")
  }

  static func words(_ bytes: [UInt8]) throws {
    let parsed = NulSeparated(parsing: bytes)
    let ends = bytes.count { $0 == 0 }
    let open = bytes.last.map { $0 != 0 } ?? false
    try require(parsed.words.count == ends + (open ? 1 : 0), "words: not one for each NUL")
    if String(validating: bytes, as: UTF8.self) != nil {
      let joined = parsed.words.map { Array($0.utf8) }.joined(separator: [0])
      try require(Array(joined) == (open ? bytes : bytes.dropLast()), "words: joined again, they differ")
    }
    for name in parsed.environment.keys {
      // As bytes: to Swift, an "=" with an accent behind it is another character.
      try require(!name.utf8.contains(UInt8(ascii: "=")), "environ: a name holds =")
      try require(
        parsed.words.contains { $0.utf8.starts(with: name.utf8) }, "environ: a name that is in no word")
    }
  }

  static func auxv(_ bytes: [UInt8]) throws {
    guard let vector = accepted({ try AuxiliaryVector(parsing: bytes) }) else { return }
    let value = (0..<8).map { UInt8(truncatingIfNeeded: vector.entryAddress >> (8 * UInt64($0))) }
    let pair: [UInt8] = [9, 0, 0, 0, 0, 0, 0, 0] + value
    try require(
      stride(from: 0, to: bytes.count - 15, by: 16).contains { bytes[$0..<($0 + 16)].elementsEqual(pair) },
      "auxv: an entry that is not in the bytes")
  }

  static func lineCount(_ bytes: [UInt8]) -> Int { bytes.count { $0 == 0x0A } + 1 }

  private static func hex(_ mask: SignalMask) -> String {
    let digits = String(mask.bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func line(
    pid: Int32, comm: [UInt8], state: UInt8, parent: Int32 = 1, ticks: UInt64, code: UInt64 = 1,
    stack: UInt64 = 1
  ) -> [UInt8] {
    let fields =
      " \(parent) 4711 4711 0 -1 4194560 113 0 0 0 0 0 0 0 20 0 1 0 \(ticks) 5677056 200 0 \(code) 1 \(stack) 0"
    return Array("\(pid) (".utf8) + comm + Array(") ".utf8) + [state] + Array(fields.utf8)
  }
}
