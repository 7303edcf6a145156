/// A unit file of the package, with its places filled in as for a host.
struct Unit {
  let name: String
  let path: String
  let lines: [String]

  static let services = ["placeos-loglevel.service", "placeos-loglevel-revert.service"]

  struct Failure: Error { let errors: String }

  /// Writes it to the scratch folder.
  ///
  /// - Parameter prefix: the folder that has `sbin/placeos-loglevel`.
  init(_ name: String, prefix: String, in scratch: Scratch) throws {
    let run = try Command.run(TestMachine.checkout + "/scripts/host/file", ["systemd/\(name)", prefix])
    guard run.status == 0 else { throw Failure(errors: run.errors) }
    self.name = name
    path = scratch.folder("units") + "/" + name
    lines = run.output.split(separator: "\n").map(String.init)
    try Files.write(Array(run.output.utf8), to: path)
  }

  /// The values of a setting, one for each of its lines.
  func values(of setting: String) -> [String] {
    lines.filter { $0.hasPrefix(setting + "=") }.map { String($0.dropFirst(setting.count + 1)) }
  }

  /// setpriv(1) with the rights that the unit leaves, for the program and its arguments to follow.
  ///
  /// All but `/run`, `/var/log` and `/dev` is read-only, as with `ProtectSystem=strict`.
  var confinement: [String] {
    let capabilities = values(of: "CapabilityBoundingSet").flatMap { $0.split(separator: " ") }
      .map { "+" + $0.lowercased().dropFirst("cap_".count) }
    return [
      "/usr/bin/unshare", "--mount", "/bin/sh", "-ec", "mount -o remount,bind,ro / && exec \"$@\"", "sh",
      "/usr/bin/setpriv", "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all",
      "--bounding-set=" + (["-all"] + capabilities).joined(separator: ","),
    ]
  }

  /// The system calls that `SystemCallFilter=` leaves, as systemd.exec(5) has it: the first line says what is
  /// allowed, a line that begins with `~` takes away from that.
  func systemCalls() throws -> Set<String> {
    let run = try Command.run("/usr/bin/systemd-analyze", ["syscall-filter"])
    guard run.status == 0 else { throw Failure(errors: run.errors) }
    // "@aio", then its members below it, each after blanks; "# Asynchronous IO" says what it is.
    var groups: [String: [String]] = [:]
    var group = ""
    for line in run.output.split(separator: "\n") {
      let word = line.drop { $0 == " " }
      if word.hasPrefix("#") { continue }
      if line.hasPrefix("@") { group = String(word) } else { groups[group, default: []].append(String(word)) }
    }
    func members(_ word: Substring) -> Set<String> {
      guard word.hasPrefix("@") else { return [String(word)] }
      return (groups[String(word)] ?? []).reduce(into: []) { $0.formUnion(members($1[...])) }
    }
    return values(of: "SystemCallFilter").reduce(into: []) { allowed, value in
      let isTaken = value.hasPrefix("~")
      for word in value.drop(while: { $0 == "~" }).split(separator: " ") {
        if isTaken { allowed.subtract(members(word)) } else { allowed.formUnion(members(word)) }
      }
    }
  }
}
