import Host
import Ledger
import SystemPackage

/// Measures, from one look to the next, what services in debug mode write.
public struct WriteMeter {
  private var last: [ProcessIdentity: (bytes: UInt64, atBoottimeNs: Int64)] = [:]

  public init() {}

  /// The figures of what is in debug mode, and was at the last look too.
  ///
  /// - Parameter read: how many bytes a process has written since its start; `nil` where that cannot be read.
  public mutating func figures(
    of result: StatusResult, read: (ProcessIdentity) -> UInt64?
  ) -> WriteFigures {
    let nowNs = result.now.boottimeNs
    var figures: [WriteFigures.Figure] = []
    var seen: [ProcessIdentity: (bytes: UInt64, atBoottimeNs: Int64)] = [:]
    for instance in result.instances where instance.level.debug == true {
      guard let bytes = read(instance.identity) else { continue }
      seen[instance.identity] = (bytes, nowNs)
      guard let before = last[instance.identity], nowNs > before.atBoottimeNs, bytes >= before.bytes else {
        continue
      }
      let perSecond = Double(bytes - before.bytes) / (Double(nowNs - before.atBoottimeNs) / 1e9)
      figures.append(
        WriteFigures.Figure(
          pid: instance.identity.pid, startTicks: instance.identity.startTicks,
          writeBytesPerSecond: UInt64(perSecond), freeBytes: result.figure(instance)?.freeBytes))
    }
    last = seen
    return WriteFigures(bootID: result.bootID, atBoottimeNs: nowNs, figures: figures)
  }
}
