import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("The Debian package", .enabled(if: DebianRoot.isHere, "needs what scripts/test makes before"))
  struct PackageTests {
    let scratch = Scratch()
    private let program = "/usr/sbin/placeos-loglevel"
    private let settings = [
      "/etc/cron.d/placeos-loglevel", "/etc/logrotate.d/placeos-loglevel",
      "/etc/placeos-loglevel/config.json",
    ]
    private let state = "/run/placeos-loglevel/state.json"
    private let history = "/var/log/placeos-loglevel/history.jsonl"

    /// The same package as another version.
    private func package(version: String) throws -> String {
      let folder = scratch("repacked")
      #expect(
        try Command.run("/usr/bin/dpkg-deb", ["--raw-extract", DebianRoot.package, folder]).status == 0)
      let control = Files.text(folder + "/DEBIAN/control").split(separator: "\n")
        .map { $0.hasPrefix("Version: ") ? "Version: \(version)" : $0 }.joined(separator: "\n")
      try Files.write(Array((control + "\n").utf8), to: folder + "/DEBIAN/control")
      let built = scratch("repacked.deb")
      #expect(
        try Command.run("/usr/bin/dpkg-deb", ["--root-owner-group", "-Znone", "--build", folder, built])
          .status == 0)
      return built
    }

    @Test("What it depends on is there where it says so, and it runs from its place")
    func install() throws {
      let root = try DebianRoot()
      let run = try root.install()
      #expect(run.status == 0, "\(run.errors)")
      #expect(try root.packageStatus() == "install ok installed")
      #expect(try root(program, "--version").output == Command.run(TestMachine.program, ["--version"]).output)
      // It asks for no loader and no library, and is stripped.
      let depends = try root("dpkg-query", "--show", "--showformat=${Depends}", "placeos-loglevel").output
      #expect(!depends.contains("libc"), "\(depends)")
      let segments = try Command.run("/usr/bin/readelf", ["--wide", "--segments", root.path + program])
      #expect(segments.status == 0 && !segments.output.contains("INTERP"), "\(segments.output)")
      let sections = try Command.run("/usr/bin/readelf", ["--wide", "--sections", root.path + program])
      #expect(sections.output.contains(".text") && !sections.output.contains(".symtab"))
      // Nothing of a package but what its administrator may change.
      let conffiles = try root("dpkg-query", "--show", "--showformat=${Conffiles}", "placeos-loglevel").output
      let listed = conffiles.split(separator: "\n").compactMap {
        $0.split(separator: " ").first.map(String.init)
      }
      #expect(listed.sorted() == settings.sorted())
      // Every place in them is filled in.
      let settled = "dpkg --listfiles placeos-loglevel | grep -E '^/(etc|lib)'"
      let search = "\(settled) | xargs grep -lsE '@(SBIN|HARDENING)@'"
      let places = try root("sh", "-c", search)
      #expect(places.output == "")
      let cron = root.text(settings[0])
      #expect(cron.contains("|| \(program) revert --expired --quiet"))
      #expect(try root("logrotate", "--debug", settings[1]).errors.contains("error:") == false)
      // All that is in it is a comment, and right: so it is with every comment taken away.
      #expect(try root(program, "config", "--check").status == 0)
      #expect(try root("sed", "-i", "s|^  // ||", settings[2]).status == 0)
      #expect(try root(program, "config", "--check").status == 0)
      #expect(try root(program, "config").output.contains("booking"))
      // As systemd would find them at the next boot.
      for unit in [
        "multi-user.target.wants/placeos-loglevel.service",
        "timers.target.wants/placeos-loglevel-revert.timer",
      ] {
        #expect(try root("test", "-L", "/etc/systemd/system/\(unit)").status == 0)
      }
      for page in ["placeos-loglevel", "placeos-loglevel.toggle", "placeos-loglevel.on"] {
        #expect(root.exists("/usr/share/man/man8/\(page).8.gz"))
      }
    }

    @Test("An upgrade leaves on what is on; removing takes it back; purging takes state and history")
    func life() throws {
      let root = try DebianRoot()
      let before = try root.files()
      #expect(try root.install().status == 0)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      #expect(try root(program, "on", "api", "staff", "--permanent").status == 0)
      #expect(api.becomes(verbose: true) && staff.becomes(verbose: true))

      #expect(try root.install(package(version: "99")).status == 0)
      #expect(try root("dpkg-query", "--show", "--showformat=${Version}", "placeos-loglevel").output == "99")
      #expect(api.isVerbose() == true && staff.isVerbose() == true)
      #expect(api.signals() == ["USR1"])

      let removal = try root("dpkg", "--remove", "placeos-loglevel")
      #expect(removal.status == 0, "\(removal.errors)")
      #expect(api.becomes(verbose: false) && staff.becomes(verbose: false))
      #expect(try root.packageStatus() == "deinstall ok config-files")
      #expect(!root.exists(program))
      #expect(root.text(history).contains("\"reason\":\"package removed\""))
      for file in settings { #expect(root.exists(file)) }

      #expect(try root("dpkg", "--purge", "placeos-loglevel").status == 0)
      #expect(try root.packageStatus() == nil)
      let left = try root.files().subtracting(before)
      #expect(left == [])
    }

    @Test("It is not removed while something cannot be taken back, and says what to do")
    func stopped() throws {
      let root = try DebianRoot()
      #expect(try root.install().status == 0)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try root(program, "on", "api").status == 0)
      #expect(api.becomes(verbose: true))
      api.child.signal(SIGSTOP)
      #expect(eventually { Files.text("/proc/\(api.pid)/stat").contains(") T ") })
      let refused = try root("dpkg", "--remove", "placeos-loglevel")
      #expect(refused.status != 0)
      #expect(refused.errors.contains("so the package stays"))
      #expect(refused.errors.contains("rm -r /run/placeos-loglevel"))
      #expect(try root.packageStatus()?.hasSuffix(" installed") == true)
      #expect(root.exists(program) && root.exists(state))
      api.child.signal(SIGCONT)
      #expect(try root("dpkg", "--remove", "placeos-loglevel").status == 0)
      #expect(api.becomes(verbose: false))
    }

    @Test("Into an image without /proc it goes in and out like any other")
    func image() throws {
      let root = try DebianRoot(hasProcesses: false)
      let before = try root.files()
      for arguments in [["--remove"], ["--purge"]] {
        #expect(try root.install().status == 0)
        let run = try root("dpkg", arguments[0], "placeos-loglevel")
        #expect(run.status == 0, "\(run.errors)")
      }
      #expect(try root.files().subtracting(before) == [])
    }
  }
}
