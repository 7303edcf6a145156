import Glibc
import SystemPackage

// The program that scripts/fuzz builds and runs. FUZZ_PARSER names what is fuzzed.
//
// With libFuzzer (LIBFUZZER) its arguments are libFuzzer's own. Without, it makes inputs by itself:
// fuzz SECONDS CORPUS FOUND. Each input is in the file FOUND while it is tried, and the one that ends the
// program stays there.

private let parser: FuzzedParser = {
  let name = getenv("FUZZ_PARSER").map { String(cString: $0) } ?? ""
  guard let parser = FuzzedParser(rawValue: name) else {
    let known = FuzzedParser.allCases.map(\.rawValue).joined(separator: " ")
    print("FUZZ_PARSER is \"\(name)\"; known: \(known)")
    exit(2)
  }
  return parser
}()

/// Ends the program where the parser broke its word, just as a trap would.
private func check(_ bytes: [UInt8]) {
  do { try parser.check(bytes) } catch { fatalError("\(error)") }
}

#if LIBFUZZER
  private typealias Body = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

  @_silgen_name("LLVMFuzzerRunDriver")
  private func runLibFuzzer(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ body: Body
  ) -> Int32

  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOneInput(start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
    check(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
  }
#endif

@main
enum FuzzProgram {
  static func main() throws {
    #if LIBFUZZER
      // Which of the two is the program's `main`, the linker decides; libFuzzer's does the same.
      var count = CommandLine.argc
      var arguments = CommandLine.unsafeArgv
      exit(runLibFuzzer(&count, &arguments, fuzzOneInput))
    #else
      let arguments = CommandLine.arguments
      guard arguments.count == 4, let seconds = Int(arguments[1]) else { exit(2) }
      try generate(
        seconds: seconds, corpus: Corpus(folder: FilePath(arguments[2])), found: FilePath(arguments[3]))
    #endif
  }

  #if !LIBFUZZER
    private static func generate(seconds: Int, corpus: Corpus, found: FilePath) throws {
      let samples = try corpus.samples(of: parser)
      let file = try FileDescriptor.open(
        found, .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
      var runs = 0
      func attempt(_ bytes: [UInt8]) throws {
        guard ftruncate(file.rawValue, 0) == 0 else { throw Errno(rawValue: errno) }
        try file.writeAll(toAbsoluteOffset: 0, bytes)
        // SIGALRM ends the program, as libFuzzer does with what takes that long.
        alarm(10)
        check(bytes)
        alarm(0)
        runs += 1
      }
      for sample in samples { try attempt(sample) }
      let end = time(nil) + seconds
      var mutator = Mutator(seed: UInt64(time(nil)))
      while time(nil) < end { try attempt(mutator.next(from: samples)) }
      try file.close()
      unlink(found.string)
      print("Done \(runs) runs in \(seconds) second(s)")
    }
  #endif
}
