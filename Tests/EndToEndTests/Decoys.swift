import Glibc
import TestSupport

/// One row of `decoys.tsv`; what its columns mean is written there.
struct DecoyRow: Sendable {
  let name: String
  let program: String
  let path: String
  let arguments: String
  let environment: String
  let rule: String

  static func all() throws -> [DecoyRow] {
    let table = try Files.bytes(TestMachine.checkout + "/Tests/Fixtures/decoys/decoys.tsv")
    let lines = String(decoding: table, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
    return lines.map { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      precondition(columns.count == 7, "decoys.tsv: \(line)")
      return DecoyRow(
        name: columns[0], program: columns[1], path: columns[2], arguments: columns[3],
        environment: columns[4], rule: columns[5])
    }
  }

  /// The path as it is in the file system.
  var file: String {
    path.replacing("\\s", with: " ").replacing("\\n", with: "\n").replacing("\\x1B", with: "\u{1b}")
  }
}

/// Rows of the table, running, each with a root directory of its own in which it is at its very path.
final class Decoys {
  struct Running {
    let row: DecoyRow
    let child: Child
    /// The process to look at: the child's own, or that of the program which the child watches.
    let pid: Int32
    fileprivate let signalFile: String
  }

  let running: [Running]

  struct NotStarted: Error {
    let row: String
    let output: String
  }

  init(_ rows: [DecoyRow], in scratch: Scratch) throws {
    // One copy of each program: the rows have links to it.
    var programs: [String: String] = [:]
    for program in Set(rows.map(\.program)).union(["decoy"]) {
      let fixture = program == "decoy" ? program : "\(program.dropFirst("standin-".count))-static"
      programs[program] = try scratch.copy(of: TestMachine.fixture(fixture), as: "decoys/\(program)")
    }
    let started = try rows.enumerated().map { number, row in
      let root = scratch.folder("decoys/\(number)")
      if let slash = row.file.lastIndex(of: "/") { scratch.folder("decoys/\(number)" + row.file[..<slash]) }
      guard link(programs[row.program]!, root + row.file) == 0, link(programs["decoy"]!, root + "/decoy") == 0
      else { throw NotStarted(row: row.name, output: "link: \(errno)") }
      mkdir(root + "/dev", 0o755)
      try Files.write([], to: root + "/dev/null")
      let output = scratch("decoys/\(number).log")
      let child = try Child(
        TestMachine.checkout + "/Tests/Fixtures/decoys/start",
        [root, row.program, row.path, row.arguments, row.environment], output: output)
      return (row: row, child: child, output: output, signalFile: root + "/signals")
    }
    running = try started.map { row, child, output, signalFile in
      var pid: Int32?
      _ = eventually {
        pid = Files.text(output).split(separator: "\n").first { $0.hasPrefix("ready ") }
          .flatMap { Int32($0.dropFirst("ready ".count)) }
        return pid != nil || !child.isRunning
      }
      guard let pid else { throw NotStarted(row: row.name, output: Files.text(output)) }
      return Running(row: row, child: child, pid: pid, signalFile: signalFile)
    }
  }

  /// What has happened to any of them, by the row's name: the signals that it got, and whether it has ended.
  var harmed: [String] {
    usleep(50_000)
    return running.flatMap { decoy in
      // `PID SIGNAL SENDER COMM`, a line a signal.
      Files.text(decoy.signalFile).split(separator: "\n").map { "\(decoy.row.name) got \($0)" }
        + (Kernel.state(of: decoy.pid).map { $0 != "Z" } ?? false ? [] : ["\(decoy.row.name) has ended"])
    }
  }
}
