import Glibc
import Testing

/// What is the same, and what is not, where the three dialects are switched.
struct DialectSample: CustomTestStringConvertible, Sendable {
  let fixture: String
  let path: String
  let arguments: [String]
  let service: String
  let dialect: String
  /// What shows the level before any switch, and after the switch on.
  let evidence: String
  /// The service's own level, and the one that it has after its return.
  let level: String
  let levelAfter: String
  let signalOff: String

  var testDescription: String { fixture }
  /// What `status` and the tables show.
  var shown: String { service == "driver" ? "driver/place_meet" : service }

  static let driverPath = "/app/bin/drivers/drivers_place_meet_c54390a"

  static let all = [
    DialectSample(
      fixture: "toggle-static", path: "rest-api", arguments: ["-b", "0.0.0.0", "-p", "3000"], service: "api",
      dialect: "toggle", evidence: "memory", level: "debug", levelAfter: "info", signalOff: "USR1"),
    DialectSample(
      fixture: "toggle-release", path: "triggers", arguments: [], service: "triggers",
      dialect: "toggle", evidence: "memory", level: "debug", levelAfter: "info", signalOff: "USR1"),
    DialectSample(
      fixture: "latch-static", path: "staff-api", arguments: [], service: "staff",
      dialect: "latch", evidence: "signals", level: "debug", levelAfter: "info", signalOff: "USR2"),
    DialectSample(
      fixture: "latch-release", path: "dispatch", arguments: [], service: "dispatch",
      dialect: "latch", evidence: "signals", level: "debug", levelAfter: "info", signalOff: "USR2"),
    DialectSample(
      fixture: "driver-static", path: driverPath, arguments: ["-p"], service: "driver",
      dialect: "driver", evidence: "memory", level: "error", levelAfter: "error", signalOff: "USR1"),
    DialectSample(
      fixture: "driver-release", path: driverPath, arguments: ["-p"], service: "driver",
      dialect: "driver", evidence: "memory", level: "error", levelAfter: "error", signalOff: "USR1"),
  ]
}

extension EndToEnd {
  @Suite("Plain host processes") struct PlainProcess {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    func standIn(_ sample: DialectSample) throws -> StandIn {
      try StandIn(sample.fixture, as: sample.path, sample.arguments, in: scratch)
    }

    static let instanceKeys: Set = [
      "service", "pid", "start_time", "executable", "container", "pod", "debug", "level", "evidence",
      "dialect", "switchable", "why_not", "since", "expires_at", "by", "reason",
    ]
    static let resultKeys: Set = [
      "service", "pid", "container", "before", "after", "outcome", "evidence", "expires_at", "message",
    ]

    /// RFC 3339 in UTC, as the contract has it.
    static func isTime(_ value: JSON?) -> Bool {
      value?.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) != nil
    }

    @Test("toggle switches a service on, and a second one off again")
    func toggleTwice() throws {
      let api = try StandIn("toggle-dynamic", as: "rest-api", in: scratch)
      let on = try tool("toggle", "api", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(try on.rows().map { $0["evidence"]?.string } == ["memory"])
      #expect(api.becomes(verbose: true))
      let off = try tool("toggle", "api", "--json")
      #expect(off.status == 0)
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("status tells of an untouched process all that the contract has", arguments: DialectSample.all)
    func statusBefore(_ sample: DialectSample) throws {
      let process = try standIn(sample)
      let run = try tool("status", "--json")
      #expect(run.status == 0)
      let document = try run.json()
      #expect(
        document.keys.isSuperset(
          of: ["schema_version", "host", "boot_id", "time", "revert_armed", "instances"]))
      #expect(document["schema_version"]?.int == 1)
      #expect(document["host"]?.string?.isEmpty == false)
      #expect(
        document["boot_id"]?.string
          == Files.text("/proc/sys/kernel/random/boot_id").split(separator: "\n")
          .first.map(String.init))
      #expect(document["revert_armed"]?.bool == false)
      #expect(Self.isTime(document["time"]))

      let row = try #require(try run.rows().first)
      #expect(try run.rows().count == 1)
      #expect(row.keys.isSuperset(of: Self.instanceKeys))
      #expect(row["service"]?.string == sample.service)
      #expect(row["pid"]?.int == Int(process.pid))
      #expect(Self.isTime(row["start_time"]))
      #expect(row["executable"]?.string == process.executable)
      #expect(row["debug"]?.bool == false)
      #expect(row["level"]?.string == sample.level)
      #expect(row["evidence"]?.string == sample.evidence)
      #expect(row["dialect"]?.string == sample.dialect)
      #expect(row["switchable"]?.bool == true)
      for key in ["container", "pod", "why_not", "since", "expires_at", "by", "reason"] {
        #expect(row[key]?.isNull == true, "\(key)")
      }
      #expect(process.signals() == [])
    }

    @Test("on, status and off tell of a process all that the contract has", arguments: DialectSample.all)
    func onAndOff(_ sample: DialectSample) throws {
      let process = try standIn(sample)
      let on = try tool("on", sample.service, "--json", "--reason", "INC-42")
      #expect(on.status == 0)
      let document = try on.json()
      #expect(
        document.keys.isSuperset(of: ["schema_version", "command", "dry_run", "exit_status", "results"]))
      #expect(document["schema_version"]?.int == 1)
      #expect(document["command"]?.string == "on")
      #expect(document["dry_run"]?.bool == false)
      #expect(document["exit_status"]?.int == 0)
      let result = try #require(try on.rows().first)
      #expect(result.keys.isSuperset(of: Self.resultKeys))
      #expect(result["service"]?.string == sample.service)
      #expect(result["pid"]?.int == Int(process.pid))
      #expect(result["container"]?.isNull == true)
      #expect(result["before"]?.bool == false)
      #expect(result["after"]?.bool == true)
      #expect(result["outcome"]?.string == "switched")
      #expect(result["evidence"]?.string == sample.evidence)
      #expect(Self.isTime(result["expires_at"]))
      #expect(process.becomes(verbose: true))

      let status = try tool("status", "--json")
      let row = try #require(try status.rows().first)
      #expect(row["debug"]?.bool == true)
      #expect(row["level"]?.string == "trace")
      #expect(row["evidence"]?.string == sample.evidence)
      #expect(Self.isTime(row["since"]))
      #expect(row["expires_at"] == result["expires_at"])
      #expect(row["by"]?["user"]?.string == "root")
      #expect(row["reason"]?.string == "INC-42")

      let off = try tool("off", sample.service, "--json")
      #expect(off.status == 0)
      let back = try #require(try off.rows().first)
      #expect(back.keys.isSuperset(of: Self.resultKeys))
      #expect(back["before"]?.bool == true)
      #expect(back["after"]?.bool == false)
      #expect(back["outcome"]?.string == "switched")
      #expect(back["expires_at"]?.isNull == true)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", sample.signalOff])

      let after = try #require(try tool("status", "--json").rows().first)
      #expect(after["debug"]?.bool == false)
      #expect(after["level"]?.string == sample.levelAfter)
      for key in ["since", "expires_at", "by", "reason"] { #expect(after[key]?.isNull == true, "\(key)") }
    }

    @Test("revert takes back what was switched on, once", arguments: DialectSample.all)
    func revert(_ sample: DialectSample) throws {
      let process = try standIn(sample)
      #expect(try tool("toggle", sample.service).status == 0)
      #expect(process.becomes(verbose: true))
      let back = try tool("revert", "--json")
      #expect(back.status == 0)
      #expect(try back.json()["command"]?.string == "revert")
      let result = try #require(try back.rows().first)
      #expect(result.keys.isSuperset(of: Self.resultKeys))
      #expect(result["outcome"]?.string == "switched")
      #expect(result["before"]?.bool == true)
      #expect(result["after"]?.bool == false)
      #expect(process.becomes(verbose: false))
      let again = try tool("revert", "--json")
      #expect(again.status == 0)
      #expect(try again.rows() == [])
      #expect(process.signals() == ["USR1", sample.signalOff])
    }

    @Test("status, on, off and revert tell a person the same", arguments: DialectSample.all)
    func text(_ sample: DialectSample) throws {
      let process = try standIn(sample)
      /// The line of the table that is about the process.
      func row(_ run: Tool.Run) throws -> String {
        let words = { (line: Substring) in line.split(separator: " ") }
        return String(
          try #require(
            run.output.split(separator: "\n").first { words($0).contains { $0 == "\(process.pid)" } },
            "\(run.output)"))
      }
      let before = try row(tool("status"))
      #expect(before.hasPrefix(sample.shown + " "))
      #expect(before.contains(" \(sample.level) "))
      let on = try tool("on", sample.service, "--reason", "INC-42")
      #expect(on.status == 0)
      #expect(try row(on).contains("off -> on"))
      #expect(on.output.contains("confirmed by"))
      #expect(on.output.contains("in 1h"))
      #expect(on.output.contains("1 switched"))
      // Nothing here runs `revert --expired`, and the command that would arm it is named.
      #expect(on.errors.contains("no deadline will be kept"))
      let during = try tool("status")
      #expect(try row(during).contains(" trace "))
      #expect(during.output.contains("by root: INC-42"))
      let off = try tool(sample.fixture.hasSuffix("release") ? "off" : "revert", sample.service)
      #expect(off.status == 0)
      #expect(try row(off).contains("on -> off"))
      #expect(try row(tool("status")).contains(" \(sample.levelAfter) "))
      #expect(process.signals() == ["USR1", sample.signalOff])
    }

    @Test("on twice sends one signal, and so does off", arguments: DialectSample.all)
    func idempotence(_ sample: DialectSample) throws {
      let process = try standIn(sample)
      #expect(try tool("off", sample.service).status == 0)
      #expect(process.signals() == [])
      #expect(try tool("on", sample.service).status == 0)
      let again = try tool("on", sample.service, "--json")
      #expect(again.status == 0)
      #expect(try again.rows().first?["outcome"]?.string == "unchanged")
      #expect(process.signals() == ["USR1"])
      #expect(process.isVerbose() == true)
      #expect(try tool("off", sample.service).status == 0)
      let off = try tool("off", sample.service, "--json")
      #expect(off.status == 0)
      #expect(try off.rows().first?["outcome"]?.string == "unchanged")
      #expect(process.signals() == ["USR1", sample.signalOff])
      #expect(process.isVerbose() == false)
    }
  }
}
