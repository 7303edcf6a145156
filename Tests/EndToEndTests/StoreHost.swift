import Glibc
import TestSupport

/// Real stores on this host's own addresses, and services that hold connections to them.
final class StoreHost {
  let scratch: Scratch
  private var redis: Child?
  private(set) var services: [Child] = []

  /// A port of the test's own: services of others use the usual one.
  let port: Int

  struct NotReady: Error { let what: String, log: String }

  init(_ scratch: Scratch) throws {
    self.scratch = scratch
    port = 20_000 + Int(getpid()) % 10_000
    try startRedis()
  }

  deinit {
    for service in services { service.end() }
    redis?.end()
  }

  var redisPID: Int32 { redis?.pid ?? 0 }

  func startRedis(password: String = "CANARY-redis") throws {
    let folder = scratch.folder("redis")
    let child = try Child(
      "/bin/sh",
      [
        "-c", "ulimit -n \"$(ulimit -Hn)\"; exec redis-server \"$@\"", "sh", "--port", "\(port)", "--bind",
        "127.0.0.1", "--dir", folder, "--save", "", "--requirepass", password,
        "--maxclients", "20000",
      ], output: scratch("redis.log"))
    redis = child
    guard eventually(30, { Files.text(scratch("redis.log")).contains("Ready to accept") }) else {
      throw NotReady(what: "redis", log: Files.text(scratch("redis.log")))
    }
  }

  /// Ends Redis as the kernel would for want of memory.
  func killRedis() {
    redis?.end()
    redis = nil
    unlink(scratch("redis.log"))
  }

  func signalRedis(_ number: Int32) { redis?.signal(number) }

  /// Starts a service that uses this Redis, as its environment says; its log is `NAME.log`.
  ///
  /// - Parameter nameServer: the address of the one name server that it knows; `nil`: the host's.
  @discardableResult
  func serve(
    _ name: String = "rest-api", _ environment: [String: String] = [:], nameServer: String? = nil
  ) throws -> Child {
    let executable = scratch(name)
    if !Files.exists(executable) { _ = try scratch.copy(of: TestMachine.fixture("client"), as: name) }
    var variables = ["REDIS_URL": "redis://:CANARY-redis@127.0.0.1:\(port)/0"]
    variables.merge(environment) { $1 }
    var start = "ulimit -n \"$(ulimit -Hn)\"; "
    if let nameServer {
      try Files.write(Array("nameserver \(nameServer)\n".utf8), to: scratch("\(name).resolv"))
      start += "mount --bind \(scratch("\(name).resolv")) /etc/resolv.conf && "
    }
    let service = try Child(
      "/usr/bin/unshare",
      (nameServer == nil ? [] : ["--mount"]) + ["/bin/sh", "-c", start + "exec \"$0\"", executable],
      environment: variables.filter { $0.value != "" }, output: scratch("\(name).log"))
    services.append(service)
    guard eventually(30, { Files.text(scratch("\(name).log")).contains("started") }) else {
      throw NotReady(what: name, log: Files.text(scratch("\(name).log")))
    }
    return service
  }
}

extension Tool.Run {
  /// What `diagnose --json` says of a backend.
  func backend(_ name: String) throws -> JSON? {
    try json()["backends"]?.array?.first { $0["backend"]?.string == name }
  }
}

/// A mount whose server answers nothing, fuse(4); whoever looks at what is in it sleeps until it is gone.
final class HungMount {
  let path: String
  private let server: Child

  init(_ scratch: Scratch) throws {
    path = scratch.folder("hung")
    if !Files.exists("/dev/fuse") { try Command.run("/usr/bin/mknod", ["/dev/fuse", "c", "10", "229"]) }
    // SYS_mount is 165 on x86_64, 40 on arm64.
    let script = """
      open(my $fuse, '+<', '/dev/fuse') or die "fuse: $!";
      my $options = sprintf 'fd=%d,rootmode=40000,user_id=0,group_id=0', fileno $fuse;
      my $number = `uname -m` =~ /x86_64/ ? 165 : 40;
      syscall($number, my $a = 'hung', my $b = $ARGV[0], my $c = 'fuse', 0, $options) == 0 or die "mount: $!";
      $| = 1; print "mounted\n"; sleep;
      """
    let log = scratch("hung.log")
    server = try Child("/usr/bin/perl", ["-e", script, path], output: log)
    guard eventually(30, { Files.text(log).contains("mounted") || !server.isRunning }), server.isRunning
    else {
      throw StoreHost.NotReady(what: "a mount", log: Files.text(log))
    }
  }

  deinit {
    // Its connection ends with the server, and everybody who waited is woken.
    server.end()
    umount2(path, Int32(MNT_DETACH))
  }
}
