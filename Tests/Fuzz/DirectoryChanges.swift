@testable import Agent

/// What the kernel says of a directory that is watched.
enum DirectoryChanges {
  static func inotify(_ bytes: [UInt8]) throws {
    var changes: [DirectoryChange] = []
    DirectoryChange.parse(bytes[...]) { changes.append($0) }
    // An event has 16 bytes and its name.
    try require(changes.count * 16 <= bytes.count, "inotify: more events than there is room for")
    try require((bytes.count < 16) == changes.isEmpty, "inotify: an event is not seen")
    var namesBytes = 0
    for change in changes {
      try require(!change.name.utf8.contains(0), "inotify: a name goes on behind its end")
      if !change.name.unicodeScalars.contains("\u{FFFD}") { namesBytes += change.name.utf8.count }
    }
    try require(changes.count * 16 + namesBytes <= bytes.count, "inotify: names longer than the bytes")
  }
}
