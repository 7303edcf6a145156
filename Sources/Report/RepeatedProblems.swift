import Processes
import SystemPackage

/// The problems of many rows; the same one is said only once.
struct RepeatedProblems {
  private var counts: [String: Int] = [:]
  private var order: [String] = []

  init(_ problems: [HostError]) {
    for problem in problems {
      let sentence = problem.generalSentence
      if counts[sentence] == nil { order.append(sentence) }
      counts[sentence, default: 0] += 1
    }
  }

  /// Whether it is said once for all, and not in each row.
  func contains(_ problem: HostError) -> Bool { counts[problem.generalSentence].map { $0 > 1 } ?? false }

  /// What is said once.
  var sentences: [String] {
    order.compactMap { sentence in counts[sentence].flatMap { $0 > 1 ? "\($0) of them: \(sentence)" : nil } }
  }
}

extension [HostError] {
  /// Each in its own words, and what is the same for several once.
  var sentences: [String] {
    let repeated = RepeatedProblems(self)
    return filter { !repeated.contains($0) }.map(\.sentence) + repeated.sentences
  }
}

extension HostError {
  /// What failed, whichever process or container it was.
  var generalSentence: String {
    switch self {
    case .process(_, let call, let code): "\(call) of a process failed: \(code)"
    case .unreadable(let path, let code): HostError.unreadable(path: path.general, code).sentence
    case .malformed(let path, let reason): HostError.malformed(path: path.general, reason: reason).sentence
    case .tooLarge(let path, let limit): HostError.tooLarge(path: path.general, limitBytes: limit).sentence
    case .notRegular(let path): HostError.notRegular(path: path.general).sentence
    case .noAnswer(let path): HostError.noAnswer(path: path.general).sentence
    case .lookFailed(let path): HostError.lookFailed(path: path.general).sentence
    case .processTable, .call: sentence
    }
  }
}

extension FilePath {
  /// With placeholders for a pid and a container's id.
  fileprivate var general: FilePath {
    var path = FilePath(root: root, [])
    for component in components {
      let name = component.string
      if name.allSatisfy({ $0.isASCII && $0.isNumber }) {
        path.append("PID")
      } else if name.count == 64, name.allSatisfy(\.isHexDigit) {
        path.append("ID")
      } else {
        path.append(component)
      }
    }
    return path
  }
}
