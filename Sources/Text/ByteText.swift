/// A number of bytes as people write it, in powers of 1000: `999 B`, `1.2 MB`.
public struct ByteText: CustomStringConvertible {
  public let description: String

  public init(_ bytes: UInt64) {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var (tenths, unit) = (bytes.multipliedReportingOverflow(by: 10).partialValue, 0)
    if bytes > .max / 10 { (tenths, unit) = (bytes / 100, 1) }
    while tenths >= 10_000 { (tenths, unit) = (tenths / 1000, unit + 1) }
    let fraction = unit > 0 && tenths < 1000 ? ".\(tenths % 10)" : ""
    description = "\(tenths / 10)\(fraction) \(units[unit])"
  }
}
