import Testing

@testable import Agent

struct ProcessWatchTests {
  /// A watch takes two descriptors: half of them at most are watches, however few there are.
  @Test(arguments: [0, 64, 128, 256, 512, 1024, 1_048_576]) func `half of the descriptors stay free`(
    limit: Int
  ) {
    let watches = ProcessWatch.limit(descriptors: limit)
    #expect(watches >= 0 && watches * 2 <= limit / 2)
  }

  @Test func `the usual limits watch what runs on a host`() {
    #expect(ProcessWatch.limit(descriptors: 512) == 96)
    #expect(ProcessWatch.limit(descriptors: 1 << 20) > 200_000)
  }
}
