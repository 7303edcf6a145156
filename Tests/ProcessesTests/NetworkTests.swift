import Testing

@testable import Processes

@Suite struct NetworkParsingTests {
  @Test func countersAreReadByTheirNames() throws {
    let snmp = """
      Ip: Forwarding DefaultTTL
      Ip: 1 64
      Tcp: RtoAlgorithm MaxConn ActiveOpens AttemptFails EstabResets RetransSegs
      Tcp: 1 -1 7 3 2 9

      """
    let netstat = """
      TcpExt: SyncookiesSent ListenOverflows TCPTimeouts TCPAbortOnTimeout
      TcpExt: 0 4 5 6

      """
    let counters = try NetworkCounters(parsing: Array(snmp.utf8), extended: Array(netstat.utf8))
    #expect(counters.attemptFails == 3 && counters.establishedResets == 2 && counters.retransmitted == 9)
    #expect(counters.listenOverflows == 4 && counters.timeouts == 5 && counters.givenUp == 6)
    var later = counters
    later.attemptFails = 5
    later.timeouts = 1
    #expect(later.since(counters).attemptFails == 2)
    #expect(later.since(counters).timeouts == 0)
    #expect(throws: (any Error).self) { try NetworkCounters(parsing: Array("Tcp: 1\n".utf8), extended: []) }
  }

  @Test func hostsFileGivesTheAddressesOfAName() {
    let file = HostsFile(parsing: Array("# x\n10.0.0.2\tdb  DB2 # c\nfd00::1 db\n10.0.0.300 redis\n".utf8))
    #expect(file.addresses(of: "DB").count == 2)
    #expect(file.addresses(of: "db2") == [[10, 0, 0, 2]])
    #expect(file.addresses(of: "redis").isEmpty && file.addresses(of: "c").isEmpty)
  }

  @Test func localAddressesAreThoseOfTheNamespaceItself() {
    let trie = """
      Local:
        +-- 10.9.0.0/24 2 0 2
           |-- 10.9.0.0
              /24 link UNICAST
           |-- 10.9.0.1
              /32 host LOCAL
           |-- 10.9.0.255
              /32 link BROADCAST

      """
    let interfaces = "fe80000000000000004203fffe1f0001 02 40 20 80     eth0\n"
    let found = LocalAddresses(parsing: Array(trie.utf8), interfaces: Array(interfaces.utf8)).addresses
    #expect(found == [[10, 9, 0, 1], [0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x42, 3, 0xFF, 0xFE, 0x1F, 0, 1]])
  }
}
