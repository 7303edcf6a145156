import CStandin
import Glibc

/// The stand-in as a command: what it is told by its name, its arguments and its environment.
@main
struct Command {
  private static let help = """
    USAGE: placeos-standin [ARGUMENT…]

    Behaves towards signals, and in its log, as a service of PlaceOS does, to try placeos-loglevel where
    there is no PlaceOS. Ends on SIGTERM, on SIGINT, and with the process that started it. The name of its
    file is the name of the service, so copy it first:

      cp .build/release/placeos-standin /tmp/rest-api
      /tmp/rest-api

    Arguments are taken and ignored, but for this one: --help.

    STANDIN_DIALECT    toggle (default), latch or driver: what SIGUSR1 and SIGUSR2 do
    LOG_LEVEL          trace, debug, info, warn or error: the level at the start
    SG_ENV             production: the level out of debug mode is info, otherwise debug
    PLACE_LOG_FORMAT   json: one JSON object a line

    placeos-loglevel tells the dialects by the executable's symbols. This one has the flag of the toggle
    dialect; for another, rename it in a copy as well:

      objcopy --redefine-sym PlaceOS::LogBackend::trace=PlaceOS::LogBackend::latched placeos-standin staff-api
      objcopy --redefine-sym PlaceOS::LogBackend::trace=PlaceOS::Driver::trace placeos-standin drivers_demo

    """

  static func main() {
    let parent = getppid()
    if CommandLine.arguments.dropFirst().contains("--help") {
      print(help, terminator: "")
      return
    }
    guard cstandin_end_with_parent() == 0 else { fail("prctl") }
    // It may have ended before the request took effect.
    guard getppid() == parent else { return }
    let name = variable("STANDIN_DIALECT") ?? StandIn.Dialect.toggle.rawValue
    guard let dialect = StandIn.Dialect(rawValue: name) else {
      let known = StandIn.Dialect.allCases.map(\.rawValue).joined(separator: ", ")
      end("STANDIN_DIALECT is \(name); it can be: \(known)", status: 2)
    }
    // A reader of the log that is gone is an error of write(2), not the end.
    signal(SIGPIPE, SIG_IGN)
    let signals = cstandin_open_signals()
    guard signals >= 0 else { fail("pipe2") }
    let path = CommandLine.arguments.first ?? ""
    let program = path.split(separator: "/").last.map(String.init) ?? "placeos-standin"
    var standIn = StandIn(dialect: dialect, program: program, environment: variable)
    standIn.run(signals: signals)
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func fail(_ call: String) -> Never {
    end("\(call): \(String(cString: strerror(errno)))", status: 1)
  }

  private static func end(_ reason: String, status: Int32) -> Never {
    let bytes = Array("placeos-standin: \(reason)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
    exit(status)
  }
}
