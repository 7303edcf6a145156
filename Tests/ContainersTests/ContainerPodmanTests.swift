import HostTree
import SystemPackage
import TestSupport
import Testing

@testable import Containers
@testable import Processes
@testable import Text

@Suite("Podman's containers")
struct ContainerPodmanTests {
  static let overlay = "8c337182460ffa965f3a9a157b181e44ff2acf0d47dc9e17a766974dad5feccc"
  static let vfs = "bc5acd41e3d7fb645bd525cea093e0578227bf19a01fd42df6868e560d964a74"

  @Test(
    "Name and image come from the storage, whatever its driver and place",
    arguments: [("podman-overlay", overlay), ("podman-vfs", vfs), ("podman-rootless", overlay)])
  func storage(name: String, id: String) throws {
    #expect(
      try ContainerTree(recorded: name).container()
        == Container(
          runtime: .podman, id: id, name: "rest-api", image: "localhost/placeos/rest-api:latest"))
  }

  @Test("The monitor of a container runs in none", arguments: ["podman-overlay", "podman-vfs"])
  func monitor(name: String) throws {
    #expect(try ContainerTree(recorded: name).container(of: 4712) == nil)
  }

  @Test("A storage that is cut off, lacks the container or does not exist is given as the reason")
  func failures() throws {
    let recorded = ContainerTree(recorded: "podman-overlay")
    let file = "var/lib/containers/storage/overlay-containers/containers.json"
    let bytes = try FileReader.bytes(at: recorded.path(file), limitBytes: 1 << 20)
    try recorded.withCopy { copy in
      func expect(_ failure: HostError) throws {
        #expect(
          try copy.container() == Container(runtime: .podman, id: Self.overlay, unreadable: failure))
      }
      try expect(.unreadable(path: copy.path(file), .noSuchFileOrDirectory))
      try copy.write(Array(bytes.dropLast()), to: copy.path(file))
      try expect(.malformed(path: copy.path(file), reason: "not JSON"))
      try copy.write(Array("[]".utf8), to: copy.path(file))
      try expect(.malformed(path: copy.path(file), reason: "it does not list the container"))
    }
  }

  @Test("Metadata that is not of the form expected costs the image, not the name")
  func metadata() throws {
    func parse(_ metadata: String) throws -> PodmanContainer {
      try PodmanContainer.all(
        parsing: Array(#"[{"id":"a","names":["web"],"metadata":"\#(metadata)"}]"#.utf8))[0]
    }
    #expect(try parse(#"{\"image-name\":\"i\"}"#) == PodmanContainer(id: "a", name: "web", image: "i"))
    #expect(try parse("x") == PodmanContainer(id: "a", name: "web", image: nil))
    #expect(throws: ParseError("names is not of the form expected")) {
      try PodmanContainer.all(parsing: Array(#"[{"id":"a","names":"web"}]"#.utf8))
    }
    #expect(throws: ParseError("no field id")) { try PodmanContainer.all(parsing: Array("[{}]".utf8)) }
  }

  @Test(
    "How a container ended is the last that Podman's events say of it; a line that is cut off costs itself")
  func ends() throws {
    func event(_ what: String, of id: String, status: String = "", at second: Int = 0) -> String {
      #"{\#(status)"ID":"\#(id)","Name":"web","Status":"\#(what)","Time":"2026-11-26T13:03:0\#(second).5Z","Type":"container"}"#
    }
    let lines = [
      #"de":3,"ID":"b","Status":"died"}"#, event("died", of: "a", status: #""ContainerExitCode":1,"#),
      event("died", of: "a", status: #""ContainerExitCode":137,"#, at: 4), event("cleanup", of: "a"),
      event("died", of: "c"), event("died", of: "d", status: #""ContainerExitCode":2,"#),
      event("start", of: "d"), "",
    ]
    let ends = PodmanEnd.all(parsing: Array(lines.joined(separator: "\n").utf8))
    #expect(Set(ends.keys) == ["a", "c"])
    #expect(ends["a"] == PodmanEnd(status: 137, time: 1_795_698_184_500_000_000))
    #expect(ends["c"]?.status == 0)
  }
}
