import HostTree
import SystemPackage
import TestSupport
import Testing

@testable import Containers
@testable import Processes
@testable import Text

@Suite("Hostile container files")
struct ContainerHostileTests {
  @Test("Control characters in a name stay as they are, and a newline in a path leads to the right file")
  func names() throws {
    let recorded = ContainerTree(recorded: "docker-hostile-name")
    let config = try FileReader.bytes(at: recorded.path("config.v2.json"), limitBytes: 1 << 20)
    try recorded.withCopy { copy in
      // The folder's last byte is no UTF-8, so it is made here and not kept in the tree.
      let bytes: [UInt8] = Array(copy.root.string.utf8) + Array("/srv/a b\nc\td\\e".utf8) + [0xFF]
      let folder = bytes.map { CChar(bitPattern: $0) } + [0]
      let dataRoot = folder.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
      let id = ContainerDockerTests.id
      try copy.write(config, to: dataRoot.appending("containers/\(id)/config.v2.json"))
      #expect(
        try copy.container()
          == Container(
            runtime: .docker, id: id, name: "rest-api\u{1B}[2J\n\u{202E}",
            image: "placeos/rest-api:\u{7}latest", composeService: "api"))
    }
  }

  @Test("A label that is not UTF-8 makes the record not understood, and no name is made of it")
  func invalidLabel() throws {
    let tree = ContainerTree(recorded: "docker-hostile-label")
    let container = try #require(try tree.container())
    #expect(container.runtime == .docker)
    #expect(container.name == nil && container.image == nil && container.composeService == nil)
    guard case .malformed = container.unreadable else {
      Issue.record("the label was taken: \(String(describing: container.unreadable))")
      return
    }
  }

  @Test(
    "JSON of another form is refused with the field at fault",
    arguments: [
      ("", "not JSON"), ("[", "not JSON"), ("null", "document is not of the form expected"),
      ("[]", "document is not of the form expected"), ("{}", "no field ID"),
      (#"{"ID":"a","Name":"/b"}"#, "no field Config"),
      (#"{"ID":"a","Name":7,"Config":{}}"#, "Name is not of the form expected"),
      (#"{"ID":"a","Name":"/","Config":{}}"#, "Name is empty"),
      (#"{"ID":"a","Name":"/b","Config":{"Labels":{"x":1}}}"#, "Config is not of the form expected"),
    ])
  func forms(text: String, reason: String) {
    #expect(throws: ParseError(reason)) { try DockerContainer(parsing: Array(text.utf8)) }
  }

  @Test("Labels and image may be absent")
  func absent() throws {
    let record = try DockerContainer(
      parsing: Array(#"{"ID":"a","Name":"/b","Config":{"Labels":null,"Image":""}}"#.utf8))
    #expect(record.name == "b" && record.image == nil && record.labels.isEmpty)
  }

  @Test("JSON nested without end is refused and does not exhaust the stack")
  func nesting() {
    for opening in ["[", #"{"ID":"#, #"{"Config":{"Labels":"#] {
      let bytes = Array(String(repeating: opening, count: 500_000).utf8)
      #expect(throws: ParseError.self) { try DockerContainer(parsing: bytes) }
      #expect(throws: ParseError.self) { try PodmanContainer.all(parsing: bytes) }
      #expect(throws: ParseError.self) { try OCIBundle(parsing: bytes) }
    }
  }

  @Test("Random changes of a real record never crash the parser")
  func mutations() throws {
    let tree = ContainerTree(recorded: "docker-v1")
    let real = try FileReader.bytes(at: tree.path(ContainerDockerTests.config), limitBytes: 1 << 20)
    var random = SeededNumbers(seed: 3)
    for _ in 0..<1000 { _ = try? DockerContainer(parsing: random.mutate(real)) }
  }
}
