import Processes
import SystemPackage
import Text

extension DockerContainer {
  /// Where this host's Docker keeps its data: as its command line or its configuration says, else the usual
  /// place; dockerd(8), `--data-root`.
  public static func dataRoot(_ files: ContainerFiles) -> FilePath {
    let told = (try? commandLine(files)).flatMap(dataRoot(inCommandLine:)) ?? configured(files)
    guard let told, told.hasPrefix("/") else { return defaultDataRoot }
    return FilePath(told)
  }

  private static func configured(_ files: ContainerFiles) -> String? {
    struct File: Decodable {
      enum CodingKeys: String, CodingKey { case dataRoot = "data-root" }
      let dataRoot: String?
    }
    guard let bytes = try? files.bytes(at: "/etc/docker/daemon.json") else { return nil }
    return (try? RuntimeJSON.decode(File.self, from: bytes))?.dataRoot
  }

  private static func commandLine(_ files: ContainerFiles) throws(HostError) -> [UInt8] {
    let digits = try files.bytes(at: "/run/docker.pid").prefix { (0x30...0x39).contains($0) }
    let path = files.below(FilePath("/proc/\(String(decoding: digits, as: UTF8.self))/cmdline"))
    return try FileReader.bytes(at: path, limitBytes: 1 << 20)
  }

  /// `dockerd\0--data-root=/srv/docker\0`, or the two as two words; `nil` for another program, or without it.
  static func dataRoot(inCommandLine bytes: [UInt8]) -> String? {
    let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    guard words.first?.split(separator: "/").last == "dockerd" else { return nil }
    for (index, word) in words.enumerated() {
      for option in ["--data-root", "-g", "--graph"] {
        if word == option, index + 1 < words.count { return words[index + 1] }
        if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
      }
    }
    return nil
  }
}
