import Processes

extension ControlGroups {
  /// The container that these groups belong to; `nil` if no line names one.
  ///
  /// Lines may disagree: on a hybrid host only some hierarchies may have the container's group, and a
  /// container within a container may have its own group in some hierarchies and its outer one's in the rest.
  /// So the line with the most container ids in its path counts, as the innermost; among equals the version 2
  /// line, then `name=systemd`, then the first in the file.
  public var containerReference: ContainerReference? {
    var best: (reference: ContainerReference, depth: Int, rank: Int)?
    for line in lines {
      guard let (reference, depth) = ContainerReference.innermost(inGroupPath: line.path) else { continue }
      let rank = line.hierarchy == 0 ? 2 : line.controllers == Array("name=systemd".utf8) ? 1 : 0
      if let best, (best.depth, best.rank) >= (depth, rank) { continue }
      best = (reference, depth, rank)
    }
    return best?.reference
  }
}
