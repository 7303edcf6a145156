import Testing

@testable import PlaceOS

private func line(_ text: String) -> LevelLine? { LevelLine(parsing: Array(text.utf8)) }

private let service =
  #"level=[I] time=2026-11-22T12:39:44Z program=dispatch source=place_os.log_backend message="#
  + #""default log level changed to Trace""#

private func json(_ fields: String) -> String {
  #"{"level":"INFO","program":"dispatch","time":"2026-11-22T12:39:44Z",\#(fields)}"#
}
private let own = #""source":"place_os.log_backend","message":"default log level changed to Trace""#

@Suite struct LevelLineTests {
  @Test func serviceTellsItsLevelInTheLineFormat() throws {
    let parsed = try #require(line(service))
    #expect(parsed.origin == .service && parsed.level == .trace && parsed.program == "dispatch")
    #expect(line(service.replacing("Trace", with: "Info"))?.level == .info)
    #expect(line(service.replacing(" program=dispatch", with: ""))?.program == nil)
    #expect(line(service.replacing("44Z", with: "44.123+11:00"))?.level == .trace)
  }

  @Test func serviceTellsItsLevelInJSON() throws {
    let parsed = try #require(line(json(own)))
    #expect(parsed.origin == .service && parsed.level == .trace && parsed.program == "dispatch")
    let padded =
      #"{ "message":"default log level changed to Info", "source" : "place_os.log_backend","#
      + #" "time":"2026-11-22T12:39:44Z","level":" INFO","x":[1,{"message":"a"},-0.5e+3,true,null] }"#
    #expect(line(padded)?.level == .info)
    #expect(line(json(own.replacing("changed to Trace", with: "changed to T\\u0072ace")))?.level == .trace)
  }

  @Test func driverTellsItsLevelWithoutASource() throws {
    let text =
      #"level=[I] time=2026-11-22T12:39:44Z program=drv-trivial message="#
      + #""> Log level changed to Error""#
    let parsed = try #require(line(text))
    #expect(parsed.origin == .driver && parsed.level == .error && parsed.program == "drv-trivial")
    #expect(line(json(#""source":"","message":"> Log level changed to Trace""#))?.origin == .driver)
  }

  @Test func olderHandlerTellsItsLevelBare() {
    #expect(line(" > Log level changed to Debug")?.level == .debug)
    #expect(line(" > Log level changed to INFO")?.level == .info)
    #expect(line(" > Log level changed to Debug")?.origin == .olderHandler)
  }

  @Test func everyLineHoldsTheMark() {
    for text in [service, json(own), " > Log level changed to Debug"] {
      #expect(text.utf8.split(separator: LevelLine.mark).count == 2)
    }
  }

  @Test(arguments: [
    // Another source, and none that only looks like it.
    service.replacing("place_os.log_backend", with: "place_os.api"),
    service.replacing("place_os.log_backend", with: "place_os.log_backend.x"),
    json(own.replacing("place_os.log_backend", with: "action-controller")),
    json(#""source":"place_os.log_backend ","message":"default log level changed to Trace""#),
    json(#""message":"default log level changed to Trace""#),
    // In quotation marks, in a message, in an address.
    #"level=[I] time=2026-11-22T12:39:44Z program=api source=action-controller message="\#(service)""#,
    #"level=[I] time=2026-11-22T12:39:44Z program=api source=a message="x" source=place_os.log_backend "#
      + #"message="default log level changed to Trace""#,
    #"level=[I] time=2026-11-22T12:39:44Z program=api source=action-controller message="" path=/?q="#
      + service,
    json(
      #""source":"api","message":"{\"source\":\"place_os.log_backend\",\"message\":"#
        + #"\"default log level changed to Trace\"}""#),
    // As part of a longer line.
    service + " ", " " + service, service + " path=/", service + "\r", "x" + service, service + service,
    service.replacing("Trace\"", with: "Trace\"\""), service.replacing("Trace", with: "Trace again"),
    service.replacing("default", with: "x default"), service + "\n" + service,
    json(own) + json(own), json(own) + " ", " " + json(own), "[" + json(own) + "]",
    " > Log level changed to Debug ", "> Log level changed to Debug", "  > Log level changed to Debug",
    " > Log level changed to Debugging", " > Log level changed to ", " > Log level changed to debug",
    // Under another key, nested, twice.
    json(#""source":"place_os.log_backend","text":"default log level changed to Trace""#),
    json(#""source":"place_os.log_backend","data":{"message":"default log level changed to Trace"}"#),
    json(#""data":{\#(own)}"#), json(#""data":[{\#(own)}]"#),
    json(own + #","message":"x""#), json(#""message":"x","# + own), json(own + #","source":"api""#),
    json(own + #","mess\u0061ge":"x""#), json(own + #","time":"2026-11-22T12:39:45Z""#),
    json(#""source":"place_os.log_backend","message":["default log level changed to Trace"]"#),
    // The other line of the same switch, another severity, other words.
    service.replacing("default", with: "action-controller.*, place_os.*"),
    json(own.replacing("default", with: "action-controller.*, place_os.*, dispatch.*")),
    service.replacing("[I]", with: "[W]"), json(own).replacing("INFO", with: "ERROR"),
    service.replacing("Trace", with: "TRACE"), service.replacing("Trace", with: "Loud"),
    json(own.replacing("Trace", with: "Trace\\n")), json(own.replacing("Trace", with: "Tra\\u0000ce")),
    // Not JSON.
    json(own).replacing("}", with: ""), json(own + ","), json(own + #","a":01"#), json(own + #","a":tru"#),
    json(own + #","a":"\ud800""#), json(own + #","a":"\x""#), json(own + ",\"a\":\"\t\""),
    json(own + #","a":+1"#),
    json(own + ",\"a\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100)),
    json(own + ",\"a\":\"" + String(repeating: "x", count: 4000) + "\""),
    "", "{", "{}", "l", " ", "\0", service.replacing("12:39:44Z", with: "12:39:44 Z"),
    service.replacing("dispatch", with: "dis patch"), service.replacing("program=dispatch", with: "program="),
  ])
  func nothingElseCounts(_ text: String) { #expect(line(text) == nil) }

  @Test func bytesThatAreNoTextDoNotCount() {
    for byte: UInt8 in [0, 0x80, 0xC0, 0xFF, 0x1B] {
      for text in [service, json(own), " > Log level changed to Debug"] {
        for offset in 0...text.utf8.count {
          var bytes = Array(text.utf8)
          bytes.insert(byte, at: offset)
          let parsed = LevelLine(parsing: bytes)
          // Within the program's name the bytes may be any that are text.
          #expect(parsed == nil || (byte < 0x80 && parsed?.program != "dispatch"), "\(byte) at \(offset)")
        }
      }
    }
  }

  @Test func lineInJSONBehindATornOneCounts() throws {
    let line = Array(
      """
      {"level":"INFO","program":"dispatch","time":"2026-11-22T12:39:44Z","source":"place_os.log_backend",\
      "message":"default log level changed to Trace"}
      """.utf8)
    let whole = try #require(LevelLine(parsing: line))
    for count in 1..<line.count { #expect(LevelLine(parsing: Array(line.prefix(count)) + line) == whole) }
    // In the line format it could be a client's text, and behind anything else it could be anybody's.
    let other = Array("level=[I] time=2026-11-22T12:39:44Z program=dispatch message=\"".utf8)
    #expect(LevelLine(parsing: other + line) == nil)
    #expect(LevelLine(parsing: line + Array(",".utf8)) == nil)
    #expect(LevelLine(parsing: line + line) == nil)
  }

  @Test func cutLinesDoNotCount() {
    for text in [service, json(own), " > Log level changed to Debug"] {
      for count in 0..<text.utf8.count { #expect(LevelLine(parsing: Array(text.utf8.prefix(count))) == nil) }
    }
  }

  @Test func randomChangesNeverTurnIntoAnotherLevel() {
    var seed: UInt64 = 0x5DEE_CE66
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    for text in [service, json(own)] {
      for _ in 0..<4_000 {
        var bytes = Array(text.utf8)
        for _ in 0...random(4) {
          let at = random(bytes.count)
          switch random(3) {
          case 0: bytes[at] = UInt8(random(256))
          case 1: bytes.remove(at: at)
          default:
            let piece = bytes[at..<min(at + random(30), bytes.count)]
            bytes.insert(contentsOf: piece, at: random(bytes.count))
          }
        }
        if let parsed = LevelLine(parsing: bytes) {
          #expect(parsed.level == .trace && parsed.origin == .service)
        }
      }
    }
  }

  private func debug(_ kind: Service.Kind, _ lines: (LevelLine.Origin, LogLevel)...) -> Bool? {
    let texts = lines.map { origin, level in
      let name = level.rawValue.prefix(1).uppercased() + level.rawValue.dropFirst()
      return switch origin {
      case .service: service.replacing("Trace", with: name)
      case .driver: json(#""source":"","message":"> Log level changed to \#(name)""#)
      case .olderHandler: " > Log level changed to \(name)"
      }
    }
    return LevelLine.debug(after: texts.compactMap(line), of: kind)
  }

  @Test func lastLineOfAServiceDecides() {
    #expect(debug(.service) == nil)
    #expect(debug(.service, (.service, .trace)) == true)
    #expect(debug(.service, (.service, .trace), (.service, .info)) == false)
    #expect(debug(.service, (.service, .info)) == false)
    #expect(debug(.service, (.service, .debug)) == false)
  }

  @Test func debugOfAnOlderHandlerIsToldByAnEarlierLine() {
    #expect(debug(.service, (.olderHandler, .debug)) == nil)
    #expect(debug(.service, (.olderHandler, .trace), (.olderHandler, .debug)) == false)
    #expect(debug(.service, (.olderHandler, .info), (.olderHandler, .debug)) == true)
    #expect(debug(.service, (.olderHandler, .debug), (.olderHandler, .info)) == false)
    #expect(debug(.service, (.olderHandler, .debug), (.olderHandler, .trace)) == true)
  }

  @Test func driverWhoseWayInIsNotLoggedHasNoAnswer() {
    #expect(debug(.driver, (.driver, .trace)) == true)
    #expect(debug(.driver, (.driver, .trace), (.driver, .error)) == false)
    #expect(debug(.driver, (.driver, .error)) == nil)
    #expect(debug(.driver, (.driver, .error), (.driver, .error)) == nil)
    #expect(debug(.driver, (.driver, .trace), (.driver, .info)) == false)
    #expect(debug(.driver, (.driver, .info)) == false)
  }

  @Test func linesOfTheOtherKindDoNotCount() {
    #expect(debug(.service, (.driver, .trace)) == nil)
    #expect(debug(.driver, (.service, .trace), (.olderHandler, .trace)) == nil)
  }

  @Test func timeIsTakenFromItsPlaceOnly() {
    func time(_ text: String) -> String? {
      Array(text.utf8).withUnsafeBytes { LevelLine.time(of: $0).map { String(decoding: $0, as: UTF8.self) } }
    }
    #expect(time(service) == "2026-11-22T12:39:44Z")
    #expect(time(json(own)) == "2026-11-22T12:39:44Z")
    #expect(time(#"{"message":"\"time\":\"x"}"#) == nil)
    #expect(time(" > Log level changed to Debug") == nil)
    for text in ["", "{", "level=[", "level=[I", "level=[I] time="] { #expect(time(text) ?? "" == "") }
  }
}
