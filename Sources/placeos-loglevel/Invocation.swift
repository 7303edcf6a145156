import ArgumentParser
import Glibc
import Ledger
import Processes
import Report
import Switching
import SystemPackage
import Text

/// Who called the program, where, and with which rights.
enum Invocation {
  /// The value of an environment variable; `nil` if it is not set, or empty (getenv(3)).
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
    // Root's name need not be looked up. A user known only to a name service (LDAP) is a number.
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

  /// The documents' time and place.
  static var origin: Origin { Origin(host: hostName, time: HostClock.now().wall) }

  static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Where this program runs.
  static let surroundings = Surroundings.now(environment: environment)

  /// The command line as it was typed.
  static var commandLine: String { CommandLine.arguments.map(shellQuoted).joined(separator: " ") }

  /// How deadlines can be kept here, if nothing keeps them.
  static func arming(_ place: StatePlace) -> String {
    guard surroundings.kind == .host else {
      return
        "Start the agent on this state directory (\(place.directory)): it is what the image runs without a "
        + "command. 'follow' and 'run' take back what they switched by themselves"
    }
    return "Enable it with:\n  " + armingCommand(place)
  }

  private static func armingCommand(_ place: StatePlace) -> String {
    let option = place.isUsual ? "" : " --state-dir \(shellQuoted(place.directory.string))"
    let words = "\(shellQuoted(program)) revert --expired --quiet\(option)"
    guard geteuid() == 0 else {
      return "(crontab -l; echo \(shellQuoted("* * * * * " + words))) | crontab -"
    }
    let cronFile = "/etc/cron.d/placeos-loglevel"
    guard !place.isUsual || access(cronFile, F_OK) != 0 else {
      let hasSystemd = access("/run/systemd/system", F_OK) == 0
      return sudo + (hasSystemd ? "systemctl start cron" : "service cron start")
    }
    return "echo \(shellQuoted("* * * * * root " + words)) | \(sudo)tee -a \(cronFile)"
  }

  /// The command line that starts the agent on this host: the unit, if it is installed for this state
  /// directory.
  static func agentCommand(_ place: StatePlace) -> String {
    let unit = "placeos-loglevel.service"
    let folders = ["/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/lib/systemd/system/"]
    let hasUnit = folders.contains { access($0 + unit, F_OK) == 0 }
    if place.isUsual, hasUnit, access("/run/systemd/system", F_OK) == 0 {
      return "\(sudo)systemctl start \(unit)"
    }
    let option = place.isUsual ? "" : " --state-dir \(shellQuoted(place.directory.string))"
    return "\(geteuid() == 0 ? sudo : "")\(shellQuoted(program)) agent\(option) &"
  }

  /// For a command line that needs root; empty on a system without sudo(8).
  private static var sudo: String { access("/usr/bin/sudo", X_OK) == 0 ? "sudo " : "" }

  /// The path of this program.
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
