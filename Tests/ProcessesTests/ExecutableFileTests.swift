import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Processes

@Suite("/proc/PID/exe")
struct ExecutableFileTests {
  struct Case: Sendable, CustomStringConvertible {
    let link: String
    let root: String
    let path: String
    var description: String { "\(link) in \(root)" }
  }

  @Test(
    "The path is the process's own",
    arguments: [
      Case(link: "/rest-api", root: "/", path: "/rest-api"),
      Case(link: "/srv/jail/rest-api", root: "/srv/jail", path: "/rest-api"),
      Case(link: "/srv/jail/app/bin/core", root: "/srv/jail", path: "/app/bin/core"),
      Case(link: "/srv/jailer/rest-api", root: "/srv/jail", path: "/srv/jailer/rest-api"),
      // Executed before it went into its jail.
      Case(link: "/usr/bin/daemon", root: "/srv/jail", path: "/usr/bin/daemon"),
      Case(link: "/srv/jail", root: "/srv/jail", path: "/srv/jail"),
      Case(link: "/rest-api (deleted)", root: "/", path: "/rest-api"),
      Case(link: "/srv/jail/rest-api (deleted)", root: "/srv/jail", path: "/rest-api"),
      Case(link: "/rest-api (deleted) (deleted)", root: "/", path: "/rest-api (deleted)"),
      Case(link: "/x (deleted)y", root: "/", path: "/x (deleted)y"),
      Case(link: "", root: "/", path: ""),
      Case(link: " (deleted)", root: "/", path: ""),
      Case(link: "(unreachable)/rest-api", root: "/", path: "(unreachable)/rest-api"),
    ])
  func path(row: Case) {
    let file = ExecutableFile(link: row.link, root: row.root, status: nil)
    #expect(file.path == row.path)
    #expect(file.device == nil)
    #expect(file.inode == nil)
  }

  @Test("A file that is really called so keeps its name, and a deleted one loses the mark")
  func reallyDeleted() throws {
    try withScratchFolder { folder in
      let path = folder.appending("x (deleted)")
      let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
      defer { try? file.close() }
      let present = try FileStatus(of: file)
      #expect(ExecutableFile(link: path.string, root: "/", status: present).path == path.string)
      unlink(path.string)
      let gone = try FileStatus(of: file)
      #expect(
        ExecutableFile(link: path.string + " (deleted)", root: "/", status: gone).path == path.string)
    }
  }

  @Test("Where the file has another name yet, what is at the path decides, and nothing else is taken for it")
  func otherName() throws {
    try withScratchFolder { folder in
      let path = folder.appending("x")
      let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
      defer { try? file.close() }
      let present = try FileStatus(of: file)
      let marked = path.string + " (deleted)"
      for (answer, expected) in [(false, path.string), (true, marked), (nil, marked)] as [(Bool?, String)] {
        var asked: [String] = []
        let found = ExecutableFile(link: marked, root: "/", status: present) {
          asked.append($0)
          return answer
        }
        #expect(found.path == expected)
        #expect(asked == [marked])
      }
      // A path outside of the process's own tree cannot be looked at from there.
      #expect(ExecutableFile(link: marked, root: "/srv/jail", status: present) { _ in false }.path == marked)
      #expect(
        ExecutableFile(link: path.string, root: "/", status: present) { _ in false }.path == path.string)
    }
  }

  @Test("A process knows its executable by path, device and inode")
  func real() throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    let process = try folder(of: child.pid)
    let file = try #require(try process.executable())
    let status = try FileStatus(at: FilePath(SpawnedChild.sleepPath))
    #expect(file.path == SpawnedChild.sleepPath)
    #expect(file.inode == status.inode)
    #expect(file.device == status.device)
  }

  @Test("A process whose file is gone, and one whose file is called like one that is gone")
  func realNames() throws {
    try withScratchFolder { scratch in
      for name in ["core", "core (deleted)"] {
        let child = try SpawnedChild.sleep(copiedTo: scratch.appending(name))
        defer { child.end() }
        let process = try folder(of: child.pid)
        #expect(try process.executable()?.path == scratch.string + "/" + name)
        unlink(scratch.string + "/" + name)
        #expect(try process.executable()?.path == scratch.string + "/" + name)
      }
    }
  }

  @Test("A zombie has no executable, and neither has a kernel thread")
  func none() throws {
    let child = try SpawnedChild(["/bin/sh", "-c", "exit 0"])
    defer { child.end() }
    try child.awaitState("Z")
    let process = try folder(of: child.pid)
    #expect(try process.executable() == nil)
    #expect(try process.arguments() == [])
  }
}
