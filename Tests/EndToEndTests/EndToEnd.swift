import Testing

/// Every test that runs the program against real processes. One after the other, because a selector means
/// every process of a service on the host, and only in a machine of its own (`scripts/test`), because it uses
/// the real paths and sends real signals.
@Suite(.serialized, .enabled(if: TestMachine.isHere, "needs the machine that scripts/test makes"))
struct EndToEnd {}
