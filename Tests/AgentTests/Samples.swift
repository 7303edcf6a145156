import Containers
import Ledger
import Processes
import TestSupport
import Text

let bootID = "5b1c1f0a-0d5e-4a1e-9f6e-3d1f6f6f6a01"
let second = Duration.seconds(1)
let steve = LedgerEntry.Actor(user: "root", sudoUser: "steve", uid: 0)
let api = Container(runtime: .docker, id: "50db48f4", name: "rest-api")

func identity(_ pid: Int32) -> ProcessIdentity { ProcessIdentity(bootID: bootID, pid: pid, startTicks: 100) }

/// What the ledger may say of a process in debug mode.
func entry(
  _ pid: Int32, deadline: BootTime? = boot + 100 * second,
  progress: LedgerEntry.SentSignal.Progress = .confirmed,
  container: Container? = api, executable: String = "/rest-api"
) -> LedgerEntry {
  LedgerEntry(
    identity: identity(pid), service: "api", executable: executable, container: container, dialect: "toggle",
    debug: true, since: boot + second, sinceWall: 1_000_000_000, deadline: deadline, by: steve,
    reason: nil,
    lastSignal: .init(signal: "USR1", wanted: true, at: boot + second, progress: progress))
}

func followed(
  deadline: BootTime? = boot + 100 * second, container: Container? = api
) -> FollowedService {
  FollowedService(
    bootID: bootID, service: "api", executable: "/rest-api", container: container, since: boot + second,
    deadline: deadline, by: steve, reason: "INC-42", trustsName: false)
}
