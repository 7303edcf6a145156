import Glibc
import Processes
import SystemPackage

/// Good and hostile samples in files: a folder for each parser.
struct Corpus {
  let folder: FilePath

  /// The samples of one parser, in the order of their names.
  func samples(of parser: FuzzedParser) throws -> [[UInt8]] {
    let folder = folder.appending(parser.rawValue)
    return try names(in: folder).sorted().map {
      try FileReader.bytes(at: folder.appending($0), limitBytes: 1 << 20)
    }
  }
}

/// The names of the files in a folder; not those of hidden ones.
private func names(in folder: FilePath) throws -> [String] {
  guard let stream = opendir(folder.string) else { throw Errno(rawValue: errno) }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names
}
