import SystemPackage
import Testing

@testable import Executables
@testable import Processes

@Suite("The symbols of an executable")
struct ELFSymbolsTests {
  typealias Symbol = ELFSample.Symbol

  static func read(_ symbols: [Symbol], kind: UInt16 = 2) throws -> ExecutableSymbols {
    try ELFSample.read(ELFSample(kind: kind, symbols: symbols).bytes)
  }

  static func problem(_ symbol: Symbol) throws -> String? {
    let read = try read([symbol])
    #expect(read.traceFlag == nil)
    // The name alone still proves whose program it is.
    #expect(read.hasPlaceOSNamespace)
    return read.traceFlagProblem
  }

  @Test("give the flag of a service")
  func service() throws {
    let read = try Self.read([Symbol(name: "x"), Symbol(name: "PlaceOS::LogBackend::trace")])
    #expect(read.traceFlag == TraceFlagSymbol(kind: .logBackend, address: ELFSample.flagAddress, index: 2))
    #expect(read.traceFlagProblem == nil)
    #expect(read.hasPlaceOSNamespace)
    #expect(!read.isStripped)
    #expect(!read.isPositionIndependent)
  }

  @Test("give the flag of a driver")
  func driver() throws {
    let read = try Self.read([Symbol(name: "PlaceOS::Driver::trace")], kind: 3)
    #expect(read.traceFlag == TraceFlagSymbol(kind: .driver, address: 0x1240, index: 1))
    #expect(read.isPositionIndependent)
  }

  @Test("of a linked executable for arm64 give its flag and its build id")
  func arm64() throws {
    let file = FilePath(#filePath).removingLastComponent().appending("Recorded/elf/arm64-toggle")
    let read = try ELFSample.read(FileReader.bytes(at: file, limitBytes: 1 << 20))
    #expect(read.machine == .arm64)
    #expect(read.isPositionIndependent)
    #expect(read.traceFlag?.kind == .logBackend)
    #expect(read.traceFlag?.address == 0x3330)
    #expect(read.identity.buildID == "179f46c7d2cdcee22c26720e1487b5d427cc6498")
    #expect(read.hasPlaceOSNamespace)
  }

  @Test("of a latch service prove that it is PlaceOS's, and give no flag")
  func latch() throws {
    let read = try Self.read([Symbol(name: "*PlaceOS::LogBackend::trace:Bool", type: 2)])
    #expect(read.traceFlag == nil)
    #expect(read.traceFlagProblem == nil)
    #expect(read.hasPlaceOSNamespace)
  }

  @Test(
    "are PlaceOS's where a name has something of its module",
    arguments: [
      ("PlaceOS::Core", true),
      ("*PlaceOS::Core#run:Nil", true),
      ("*Array(PlaceOS::Model::Driver)@Array(T)#size:Int32", true),
      ("*Hash(String, PlaceOS::Model)#x", true),
      ("*Foo#bar:PlaceOS::Model", true),
      ("PlaceOS::", true),
      ("PlaceOS", false),
      ("PlaceOS:", false),
      ("placeos::Core", false),
      ("NotPlaceOS::Core", false),
      ("_PlaceOS::Core", false),
      ("1PlaceOS::Core", false),
      ("éPlaceOS::Core", false),
      ("Other::PlaceOS::Core", false),
      ("*Other::PlaceOS::Core#run:Nil", false),
      ("ceOS::Core", false),
      ("", false),
    ])
  func namespace(_ name: String, isPlaceOS: Bool) throws {
    #expect(try Self.read([Symbol(name: name)]).hasPlaceOSNamespace == isPlaceOS)
  }

  @Test("of nearly the right name are not the flag")
  func similarNames() throws {
    for name in [
      "PlaceOS::LogBackend::trace2", "XPlaceOS::LogBackend::trace", "~PlaceOS::LogBackend::trace:init",
      "LogBackend::trace", "::trace", "PlaceOS::Logbackend::trace", "Driver::trace",
    ] {
      let read = try Self.read([Symbol(name: name)])
      #expect(read.traceFlag == nil)
      #expect(read.traceFlagProblem == nil)
    }
  }

  @Test("may share the end of a longer name")
  func sharedEnding() throws {
    let sample = ELFSample(symbols: [Symbol(name: "XPlaceOS::LogBackend::trace"), Symbol(name: "y")])
    #expect(try ELFSample.read(sample.bytes).traceFlag == nil)
    let shared = sample.bytes.replacing(at: sample.symbolsOffset + 24, with: le(UInt32(2)))
    #expect(try ELFSample.read(shared).traceFlag?.index == 1)
  }

  @Test("that the executable does not define are passed over")
  func undefined() throws {
    let read = try Self.read([Symbol(name: ELFSample.flagName, section: 0)])
    #expect(read.traceFlag == nil)
    #expect(read.traceFlagProblem == nil)
  }

  @Test("of the flag's name that cannot be the flag are told, and not used")
  func unusable() throws {
    let name = ELFSample.flagName
    let shape = try Self.problem(Symbol(name: name, size: 8))
    #expect(shape == "PlaceOS::LogBackend::trace is not a variable of 1 byte (type 1, 8 bytes)")
    for type: UInt8 in [0, 2, 3, 4, 6, 10] {
      #expect(try Self.problem(Symbol(name: name, type: type))?.contains("type \(type)") == true)
    }
    let place = "PlaceOS::LogBackend::trace does not lie in the data of the executable"
    for section: UInt16 in [1, 4, 6, 0xfff1, 0xffff] {
      #expect(try Self.problem(Symbol(name: name, section: section)) == place)
    }
    for address in [0, ELFSample.base, ELFSample.base + 0x120f, ELFSample.base + 0x1300, .max] {
      #expect(try Self.problem(Symbol(name: name, address: address)) == place)
    }
  }

  @Test("that name two flags give none")
  func ambiguous() throws {
    let name = ELFSample.flagName
    let twice = try Self.read([
      Symbol(name: name), Symbol(name: name, address: ELFSample.flagAddress + 1),
    ])
    #expect(twice.traceFlag == nil)
    #expect(twice.traceFlagProblem == "there is more than one trace flag")
    let both = try Self.read([Symbol(name: name), Symbol(name: "PlaceOS::Driver::trace")])
    #expect(both.traceFlag == nil)
    #expect(both.traceFlagProblem == "there is more than one trace flag")
    let alias = try Self.read([Symbol(name: name), Symbol(name: name)])
    #expect(alias.traceFlag?.index == 1)
  }

  @Test("with more names of the flag than any linker leaves are refused")
  func tooManyNames() {
    let symbols = [Symbol](repeating: Symbol(name: ELFSample.flagName), count: 65)
    #expect(throws: HostError.malformed(path: "", reason: "more than 64 names of a trace flag")) {
      try Self.read(symbols)
    }
  }

  @Test("with more symbols of the flag's name than any linker leaves are refused")
  func manySymbols() throws {
    let name = "PlaceOS::LogBackend::trace"
    _ = try Self.read(Array(repeating: Symbol(name: name), count: 64))
    #expect(throws: HostError.self) { try Self.read(Array(repeating: Symbol(name: name), count: 65)) }
  }

  /// Tables are searched in parts: wherever a name lies, it is found whole, and nothing is found that is not there.
  @Test("are found wherever their names lie", arguments: [-40, -20, -9, -8, -1, 0, 1, 7, 26, 40])
  func acrossParts(shift: Int) throws {
    let part = ELFSymbol.sizeBytes << 14
    // The string table begins with a 0, and this name's takes another.
    let filler = String(repeating: "y", count: part + shift - 2)
    let flag = try Self.read([Symbol(name: filler), Symbol(name: "PlaceOS::LogBackend::trace")])
    #expect(flag.traceFlag?.index == 2)
    let latch = try Self.read([
      Symbol(name: filler), Symbol(name: "*PlaceOS::LogBackend::trace:Bool", type: 2),
    ])
    #expect(latch.traceFlag == nil && latch.hasPlaceOSNamespace)
    for other in ["OtherPlaceOS::Thing", "Other::PlaceOS::Thing", "PlaceOS"] {
      let read = try Self.read([Symbol(name: filler), Symbol(name: other)])
      #expect(!read.hasPlaceOSNamespace)
    }
  }

  @Test("with a name beyond the string table are refused")
  func nameOutOfRange() {
    let sample = ELFSample()
    for name in [UInt32(sample.names.count), .max] {
      let bytes = sample.bytes.replacing(at: sample.symbolsOffset + 24, with: le(name))
      #expect(
        throws: HostError.malformed(
          path: "", reason: "a symbol's name lies beyond the end of the string table")
      ) { try ELFSample.read(bytes) }
    }
  }
}
