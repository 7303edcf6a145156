import ArgumentParser
import Glibc
import Ledger
import Processes
import Report
import Switching
import SystemPackage
import Text

/// Who called the program, where, and with which right.
enum Invocation {
  /// The value of an environment variable; `nil` where it is not set, or empty (getenv(3)).
  static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  static let environment: [String: String] = {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return variables
  }()

  /// Who is to be recorded for a switch.
  static var actor: LedgerEntry.Actor {
    let uid = getuid()
    // Root's name need not be looked up. Whom only a name service knows (LDAP) has a number.
    let user = uid == 0 ? "root" : nameOfUser(uid) ?? "\(uid)"
    return LedgerEntry.Actor(user: user, sudoUser: variable("SUDO_USER"), uid: uid)
  }

  private static func nameOfUser(_ uid: UInt32) -> String? {
    let file = try? FileReader.bytes(at: "/etc/passwd", limitBytes: 1 << 20, requireRegular: true)
    return file.flatMap { PasswdFile(parsing: $0).name(of: uid) }
  }

  /// Who runs `revert --expired`: systemd's timer and cron's line say so, in the environment.
  static var keeper: RevertKeeper {
    switch variable("PLACEOS_LOGLEVEL_RUN_BY") {
    case "timer": .timer
    case "cron": .cron
    default: .person
    }
  }

  /// What the documents say of where and when they were made.
  static var origin: Origin { Origin(host: hostName, wallNs: HostClock.now().wallNs) }

  static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Ends with status 3 and the command line to type, unless the caller is root.
  static func requireRoot() throws {
    guard geteuid() != 0 else { return }
    let line = CommandLine.arguments.map(shellQuoted).joined(separator: " ")
    throw Ending(
      .nothingDone,
      "only root can look at PlaceOS's processes and signal them; nothing was done. Type:\n  sudo \(line)")
  }

  /// The command line that lets deadlines be kept on this host.
  ///
  /// - Parameter stateDirectory: where the state is, if not in its usual place: cron then needs a line of its own.
  static func armingCommand(stateDirectory: String?) -> String {
    let cronFile = "/etc/cron.d/placeos-loglevel"
    guard stateDirectory != nil || access(cronFile, F_OK) != 0 else {
      let hasSystemd = access("/run/systemd/system", F_OK) == 0
      return hasSystemd ? "sudo systemctl start cron" : "sudo service cron start"
    }
    let place = stateDirectory.map { " --state-dir \(shellQuoted($0))" } ?? ""
    let line = "* * * * * root \(shellQuoted(program)) revert --expired --quiet\(place)"
    return "echo \(shellQuoted(line)) | sudo tee -a \(cronFile)"
  }

  /// The command line that starts the agent on this host: the unit, where it is there for this state directory.
  static func agentCommand(stateDirectory: String?) -> String {
    let unit = "placeos-loglevel.service"
    let folders = ["/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/lib/systemd/system/"]
    let hasUnit = folders.contains { access($0 + unit, F_OK) == 0 }
    if stateDirectory == nil, hasUnit, access("/run/systemd/system", F_OK) == 0 {
      return "sudo systemctl start \(unit)"
    }
    let place = stateDirectory.map { " --state-dir \(shellQuoted($0))" } ?? ""
    return "sudo \(shellQuoted(program)) agent\(place) &"
  }

  /// The path of this very program.
  private static var program: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    return count > 0
      ? String(decoding: path.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
      : "/usr/local/sbin/placeos-loglevel"
  }

  private static func shellQuoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "_./:=,+@%-".contains($0))
      }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
