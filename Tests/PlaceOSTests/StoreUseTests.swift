import PlaceOS
import Testing

@Suite struct StoreUseTests {
  @Test func todaysServiceIsToReachWhatItsEnvironmentNames() {
    let uses = StoreUse.all(
      ofService: "core",
      environment: [
        "REDIS_URL": "redis://:canary@redis:6379/0", "PG_DATABASE_URL": "postgresql://u:p@ss/w@postgres/db",
        "RETHINKDB_HOST": "rethink", "ES_HOST": "elastic",
      ])
    #expect(uses.map(\.store) == [.postgresql, .redis])
    #expect(uses.map(\.address.description) == ["postgres:5432", "redis:6379"])
    let texts = "\(uses)"
    #expect(!texts.contains("canary") && !texts.contains("p@ss"))
  }

  @Test func withoutSecretsNothingIsLeftButHostsAndPorts() {
    let environment = [
      "REDIS_URL": "redis://:canary@redis:6379/0?auth=canary",
      "PG_DATABASE_URL": "postgresql://u:can/ary@db/db",
      "PG_PASSWORD": "canary", "PG_USER": "canary", "PG_DATABASE": "canary", "ETCD_HOST": "canary:x@y:z",
      "ETCD_PORT": "canary", "LOG_LEVEL": "warn", "INFLUX_HOST": "http://[fd00::1]:1/?token=canary",
    ]
    let reduced = StoreUse.withoutSecrets(environment)
    #expect(!"\(reduced)".contains("canary") && !"\(reduced)".contains("can/ary"))
    #expect(reduced["LOG_LEVEL"] == "warn")
    for service in ["api", "core", "triggers", "source"] {
      #expect(
        StoreUse.all(ofService: service, environment: reduced)
          == StoreUse.all(ofService: service, environment: environment))
    }
  }

  @Test func formerServiceIsToReachRethinkDBAndEtcd() {
    let uses = StoreUse.all(
      ofService: "core",
      environment: [
        "REDIS_URL": "redis://redis", "RETHINKDB_HOST": "rethink", "RETHINKDB_PORT": "28016",
        "ETCD_HOST": "etcd",
      ])
    #expect(uses.map(\.address.description) == ["etcd:2379", "redis:6379", "rethink:28016"])
  }

  @Test func whatNothingNamesIsNotExpected() {
    #expect(StoreUse.all(ofService: "core", environment: [:]).isEmpty)
    #expect(StoreUse.all(ofService: "core", environment: ["REDIS_URL": ""]).isEmpty)
  }

  @Test func composeSetsRedisForStaffWhichDoesNotReadIt() {
    let uses = StoreUse.all(
      ofService: "staff", environment: ["REDIS_URL": "redis://redis", "PG_HOST": "db", "PG_PORT": "5433"])
    #expect(uses.map(\.address.description) == ["db:5433"])
  }

  @Test func urlComesBeforeHostAndReplicaIsAnother() {
    let uses = StoreUse.all(
      ofService: "api",
      environment: [
        "PG_DATABASE_URL": "postgres://a:b@one:1/x", "PG_HOST": "two",
        "PG_DATABASE_READ_URL": "postgres://a:b@three/x",
      ])
    #expect(uses.map(\.address.description) == ["one:1", "three:5432"])
  }

  @Test(arguments: [
    ("redis://[fd00::1]:7000", "[fd00::1]:7000"), ("fd00::1", "[fd00::1]:6379"), ("host:1", "host:1"),
    ("rediss://h/0", "h:6379"),
  ])
  func addressIsRead(text: String, expected: String) {
    #expect(StoreAddress(parsing: text, port: 6379)?.description == expected)
  }

  @Test(arguments: ["", "redis://", "h:x", "redis://:pw@", "h:70000"])
  func whatHasNoHostIsNoAddress(text: String) {
    #expect(StoreAddress(parsing: text, port: 6379) == nil)
  }

  @Test func storeHasOtherNames() {
    #expect(BackingStore(named: "KeyDB") == .redis)
    #expect(BackingStore(named: "postgres") == .postgresql)
    #expect(BackingStore(named: "nginx") == nil)
  }
}

@Suite struct RedactionTests {
  @Test(arguments: [
    "Unable to connect Database url postgresql://user:CANARY@pg:5432/db", "redis://:CANARY@redis",
    "postgres://u:CANARY@x@host/db?x=1", "postgres://u:a/CANARY@host", "url=\"redis://u:CANARY@h\" next",
    "password=CANARY x", "PG_PASSWORD: CANARY", "{\"password\":\"CANARY 2\"}", "api_key='CANARY'",
    "postgres://u:CANARY two@host", "Password => CANARY", "İ token=CANARY",
  ])
  func passwordsAreTakenOut(text: String) {
    let redacted = Redaction.redacted(text)
    #expect(!redacted.contains("CANARY"), "\(redacted)")
    #expect(redacted.contains("***"))
  }

  @Test func whatIsNoSecretStays() {
    let text = "Error connecting to 'redis:6379': Connection refused at http://api:3000/a"
    #expect(Redaction.redacted(text) == text)
  }

  @Test func passwordOfTheEnvironmentIsTakenOutWhereverItStands() {
    let secrets = Redaction.secrets(in: ["REDIS_URL": "redis://u:CANARY@h/0", "PG_PASSWORD": "SECOND"])
    let redacted = Redaction.redacted("AUTH CANARY failed, SECOND too", secrets: secrets)
    #expect(redacted == "AUTH *** failed, *** too")
  }
}

@Suite struct SignTableTests {
  @Test func everySignIsFoundWhereverItStands() {
    let table = SignTable(["abc", "abd", "c", "bd end"])
    func found(_ text: String) -> Set<Int> { Array(text.utf8).withUnsafeBytes { table.found(in: $0) } }
    #expect(found("xabcx") == [0])
    #expect(found("ababd end") == [1, 3])
    #expect(found("") == [] && found("a") == [] && found("ab") == [])
  }
}
