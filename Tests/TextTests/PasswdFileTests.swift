import Testing
import Text

@Suite("The passwd file") struct PasswdFileTests {
  @Test("a user has the name of its first line, and a damaged line names nobody")
  func names() {
    let file = PasswdFile(
      parsing: Array(
        """
        root:x:0:0:root:/root:/bin/bash
        jane:x:1000:1000:Jane,,,:/home/jane:/bin/bash
        toor:x:0:0::/root:/bin/sh
        +::::::
        :x:7:7::/:/bin/sh
        half:x:8
        big:x:4294967296:1::/:/bin/sh
        last:x:4294967294:1::/:
        """.utf8))
    #expect(file.name(of: 0) == "root")
    #expect(file.name(of: 1000) == "jane")
    #expect(file.name(of: 4_294_967_294) == "last")
    for uid in [7, 8, 9] as [UInt32] { #expect(file.name(of: uid) == nil) }
    #expect(PasswdFile(parsing: []).name(of: 0) == nil)
  }
}
