import Containers
import Glibc
import TestSupport

/// A running container of Docker's or Podman's, and what its processes say of themselves: by files that are mounted
/// into it, and by its engine's log of it.
final class DockerContainer {
  let id: String
  let name: String
  let image: String
  private let truth: String
  private let client: ContainerClient

  struct NotReady: Error { let container: String, logs: String }

  init(id: String, name: String, image: String, truth: String, client: ContainerClient) {
    self.id = id
    self.name = name
    self.image = image
    self.truth = truth
    self.client = client
  }

  /// Waits until its main program has installed its handler, or has opened its record of signals.
  func awaitReadiness(_ isStandIn: Bool = true) throws {
    let isReady = try eventually {
      guard isStandIn else { return Files.exists(truth + "/signals") && logs().contains("ready ") }
      return try isVerbose() != nil
    }
    guard isReady else { throw NotReady(container: name, logs: logs()) }
  }

  /// Runs a subcommand of its engine's on it.
  @discardableResult
  func docker(_ words: String...) throws -> String { try client.run(words + [id]) }

  /// One value of its description, as a Go template.
  func inspect(_ template: String) throws -> String {
    String(try client.run(["inspect", "--format", "{{\(template)}}", id]).dropLast())
  }

  /// What its main program has written, as its engine has kept it.
  func logs() -> String { (try? client.run(["logs", id])) ?? "" }

  /// Its processes: their pids on this host and their command lines.
  func processes() throws -> [(pid: Int32, commandLine: String)] {
    try client.run(["top", id, "-eo", "pid,args"]).split(separator: "\n").dropFirst().compactMap { line in
      let words = line.split(separator: " ", maxSplits: 1)
      let commandLine = words.count > 1 ? words[1].drop { $0 == " " } : ""
      return Int32(words[0]).map { ($0, String(commandLine)) }
    }
  }

  /// The pid, on this host, of the process whose command line begins so.
  func pid(of commandLine: String) throws -> Int32? {
    try processes().first { $0.commandLine.hasPrefix(commandLine) }?.pid
  }

  /// The pid, on this host, of its main process.
  func mainPID() throws -> Int32 { Int32(try inspect(".State.Pid")) ?? 0 }

  /// Whether a process in it is in debug mode, by its own word; `nil` before it has a handler.
  ///
  /// - Parameter pid: its pid on this host; none: the service, which docker-init may have started.
  func isVerbose(pid: Int32? = nil) throws -> Bool? {
    let wanted = try pid ?? servicePID()
    // The last of its pids is the one that it knows itself by: proc_pid_status(5).
    let line = Files.text("/proc/\(wanted)/status").split(separator: "\n").first { $0.hasPrefix("NSpid:") }
    guard let own = line?.split(whereSeparator: \.isWhitespace).last else { return nil }
    return TruthFolder(path: truth).isVerbose(own)
  }

  /// Waits until it has the level, by its own word.
  func becomes(verbose: Bool, pid: Int32? = nil) throws -> Bool {
    try eventually { try isVerbose(pid: pid) == verbose }
  }

  /// The pid, on this host, of its service: its main process, or that one's child where it is docker-init.
  func servicePID() throws -> Int32 {
    let main = try mainPID()
    let child = Files.text("/proc/\(main)/task/\(main)/children").split(separator: " ").first
    return Files.text("/proc/\(main)/comm") == "docker-init\n" ? child.flatMap { Int32($0) } ?? 0 : main
  }

  /// The signals that its processes have acted upon, a line each.
  var signals: [Substring] { TruthFolder(path: truth).signals }

  /// Forgets what its processes have said of themselves: those that come next will say it anew.
  func forgetTruth() {
    Scratch.remove(truth + "/signals")
    for pid in 1...9 { Scratch.remove(truth + "/level.\(pid)") }
  }

  /// Starts another program in it and waits for its handler; its pid on this host.
  func execute(_ path: String, _ arguments: [String]) throws -> Int32 {
    let before = Set(try processes().map(\.pid))
    try client.run(["exec", "--detach", id, path] + arguments)
    var started: Int32?
    let isReady = try eventually {
      started = try processes().map(\.pid).first {
        !before.contains($0) && Files.link("/proc/\($0)/exe") == path
      }
      return try started.map { try isVerbose(pid: $0) != nil } ?? false
    }
    guard isReady, let started else { throw NotReady(container: name + path, logs: logs()) }
    return started
  }
}

extension Files {
  /// What a symbolic link says; `nil` where there is none.
  static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { return nil }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

extension JSON {
  subscript(_ path: String...) -> JSON? { path.reduce(Optional(self)) { $0?[$1] } }
}
