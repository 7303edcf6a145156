/// What a mistyped word may have meant.
public enum Spelling {
  /// The nearest of `words`; `nil` if none is near enough to suggest.
  public static func nearest(to word: String, among words: [String]) -> String? {
    let near = words.map { (word: $0, distance: distance(word, $0)) }
      .filter { $0.distance <= max(1, min(2, $0.word.count / 3)) }
    // Of two equally near, the one that begins like the word: few people mistype the first letters.
    func rank(_ candidate: (word: String, distance: Int)) -> (Int, Int) {
      (candidate.distance, -zip(word, candidate.word).prefix { $0 == $1 }.count)
    }
    return near.min { rank($0) < rank($1) }?.word
  }

  /// Levenshtein's distance, with swapping two neighbours as one step (typing errors).
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.prefix(64))
    let b = Array(second.prefix(64))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
