# Stands for a service of PlaceOS and holds connections to stores as services do: a pool with a heartbeat, a subscription
# that is silent, a lease that is kept, a search now and then. What it is to reach stands in its environment, as in a
# service's; what goes wrong stands in its log, in a service's words.
#
# Environment: REDIS_URL, PG_DATABASE_URL, ETCD_HOST, RETHINKDB_HOST with RETHINKDB_PASSWORD, ELASTIC_URI or ES_URI,
# INFLUX_HOST with INFLUX_API_KEY.
#   CLIENT_FORMAT    line (default), json, short
#   CLIENT_POOL      how many idle connections to each store besides (default 0)
#   CLIENT_PERIOD    seconds between heartbeats (default 2)
#   CLIENT_RECYCLE   seconds after which a connection is replaced (default: never)
#   CLIENT_LISTEN    a port to listen at, as a service does
#   CLIENT_SAYS      lines that are logged when it starts; NOW in them is the time
require "http/client"
require "http/server"
require "json"
require "openssl"
require "socket"
require "uri"

module PlaceOS::LogBackend
  class_property? trace = false
end

Signal::USR1.trap { PlaceOS::LogBackend.trace = !PlaceOS::LogBackend.trace? }
STDOUT.sync = true
PROGRAM = File.basename(PROGRAM_NAME)
FORMAT  = ENV["CLIENT_FORMAT"]? || "line"
POOL    = (ENV["CLIENT_POOL"]? || "0").to_i
PERIOD  = (ENV["CLIENT_PERIOD"]? || "2").to_f.seconds
RECYCLE = ENV["CLIENT_RECYCLE"]?.try(&.to_f.seconds)
TIMEOUT = 5.seconds

class Refused < Exception
end

def log(level : String, message : String, source : String, error : Exception? = nil)
  time = Time.utc
  text = case FORMAT
         when "json"
           fields = {level: level, time: time.to_rfc3339, program: PROGRAM, source: source, message: message}
           error ? fields.merge(exception: error.inspect_with_backtrace).to_json : fields.to_json
         when "short"
           "#{time.to_rfc3339(fraction_digits: 6)}  #{level.rjust(5)} - #{source}: #{message}"
         else
           "level=[#{level[0]}] time=#{time.to_rfc3339} program=#{PROGRAM} source=#{source} message=\"#{message}\""
         end
  text += "\n" + error.inspect_with_backtrace.chomp if error && FORMAT != "json"
  STDOUT << "#{text}\n"
end

# Does the block again and again; where it fails, that is logged, and it begins anew a second later.
def forever(message : String, source : String, &block : ->)
  spawn do
    loop do
      block.call
    rescue error
      log "ERROR", message, source, error
      sleep 1
    end
  end
end

# Heartbeats until the connection is to be replaced.
def beat(socket : IO, &)
  started = Time.monotonic
  loop do
    yield
    sleep PERIOD
    break if RECYCLE.try { |limit| Time.monotonic - started > limit }
  end
ensure
  socket.close
end

def connect(host : String, port : Int32) : TCPSocket
  socket = TCPSocket.new(host, port, connect_timeout: TIMEOUT)
  socket.read_timeout = TIMEOUT
  socket
end

# MARK: Redis

def redis(uri : URI, timeout : Time::Span? = TIMEOUT) : IO
  socket = connect(uri.host || "localhost", uri.port || 6379)
  socket.read_timeout = timeout
  stream = uri.scheme == "rediss" ? OpenSSL::SSL::Socket::Client.new(socket, insecure, sync_close: true) : socket
  if password = uri.password
    ask(stream, "AUTH #{password}")
  end
  stream
end

# The stores of a test have certificates that nobody has signed.
def insecure : OpenSSL::SSL::Context::Client
  OpenSSL::SSL::Context::Client.insecure
end

def ask(socket : IO, command : String) : String
  socket << command << "\r\n"
  socket.flush
  answer = socket.gets || raise Refused.new("Redis::ConnectionLostError")
  raise Refused.new("Redis::Error #{answer}") if answer.starts_with?("-")
  answer
end

if redis_url = ENV["REDIS_URL"]?
  redis_uri = URI.parse(redis_url)
  forever("node registration failed", "redis-service-manager") do
    socket = redis(redis_uri)
    beat(socket) { ask(socket, "SET heartbeat #{Random.rand(1000)}") }
  end
  forever("redis subscription failed", "place_os.driver.subscriptions") do
    socket = redis(redis_uri, nil)
    socket << "SUBSCRIBE status\r\n"
    socket.flush
    while socket.gets
    end
    socket.close
    raise Refused.new("redis subscription loop exited")
  end
  POOL.times { forever("redis subscription failed", "pool") { beat(redis(redis_uri)) { } } }
end

# MARK: PostgreSQL, as far as a password in clear text and a simple query go

class Postgres
  getter socket : TCPSocket

  def initialize(uri : URI)
    @socket = connect(uri.host || "localhost", uri.port || 5432)
    user = uri.user || "postgres"
    parameters = "user\0#{user}\0database\0#{uri.path.lchop('/')}\0\0"
    @socket.write_bytes(parameters.bytesize + 8, IO::ByteFormat::BigEndian)
    @socket.write_bytes(196_608, IO::ByteFormat::BigEndian)
    @socket << parameters
    password = uri.password || ""
    until_ready { |body| send('p', password + "\0") if body.size >= 4 && body[3] == 3 }
  end

  def query(text : String)
    send('Q', text + "\0")
    until_ready { }
  end

  private def send(type : Char, body : String)
    @socket << type
    @socket.write_bytes(body.bytesize + 4, IO::ByteFormat::BigEndian)
    @socket << body
  end

  private def until_ready(& : Bytes ->)
    loop do
      type = @socket.read_byte || raise Refused.new("DB::ConnectionLost")
      size = @socket.read_bytes(Int32, IO::ByteFormat::BigEndian)
      body = Bytes.new(size - 4)
      @socket.read_fully(body)
      case type.unsafe_chr
      when 'R' then yield body
      when 'Z' then return
      when 'E' then raise Refused.new("PQ::PQError #{String.new(body).gsub('\0', ' ')}")
      end
    end
  rescue IO::EOFError
    raise Refused.new("DB::ConnectionLost")
  end
end

if pg_url = ENV["PG_DATABASE_URL"]?
  pg_uri = URI.parse(pg_url)
  forever("Unable to connect Database url #{pg_url}", "pg-orm") do
    database = Postgres.new(pg_uri)
    beat(database.socket) { database.query("INSERT INTO heartbeat VALUES (repeat('x', 1000))") }
  end
  forever("Watchdog: detected database connection problem: no answer", "pg-orm") do
    database = Postgres.new(pg_uri)
    database.query("LISTEN changes")
    beat(database.socket) { database.query("SELECT 1") }
  end
  POOL.times { forever("pool", "pg-orm") { beat(Postgres.new(pg_uri).socket) { } } }
end

# MARK: RethinkDB, as the stand-in speaks it

if rethink = ENV["RETHINKDB_HOST"]?
  rethink_host = rethink
  rethink_port = (ENV["RETHINKDB_PORT"]? || "28015").to_i
  forever("attempt 1 connecting to #{rethink}:#{rethink_port}", "rethink_orm.connection") do
    socket = connect(rethink_host, rethink_port)
    socket << "hello #{ENV["RETHINKDB_PASSWORD"]?}\n"
    beat(socket) do
      answer = socket.gets || raise Refused.new("RethinkORM::Error::ConnectError")
      raise Refused.new("RethinkORM::Error #{answer}") unless answer == "ok"
      socket << "query\n"
    end
  end
end

# MARK: what speaks HTTP

def http(url : URI, password : String? = nil) : HTTP::Client
  client = HTTP::Client.new(url.host || "localhost", url.port)
  client.connect_timeout = client.read_timeout = TIMEOUT
  client.before_request { |request| request.headers["Authorization"] = "Token #{password}" } if password
  client
end

def good(response : HTTP::Client::Response)
  raise Refused.new("#{response.status_code} #{response.body}") unless response.success?
end

if etcd = ENV["ETCD_HOST"]?
  etcd_url = URI.parse("http://#{etcd}:#{ENV["ETCD_PORT"]? || "2379"}")
  3.times do
    forever("when calling etcd", "etcd.client") do
      client = http(etcd_url)
      loop do
        good client.post("/v3/kv/put", body: %({"key": "aGVhcnRiZWF0", "value": "MQ=="}))
        sleep PERIOD
      end
    end
  end
end

if text = ENV["ELASTIC_URI"]? || ENV["ES_URI"]?
  elastic_url = URI.parse(text)
  forever("when replicating to elasticsearch", "search_ingest.elastic") do
    client = http(elastic_url, elastic_url.password)
    loop do
      good client.post("/_search", body: "{}")
      sleep 3
    end
  end
end

if influx = ENV["INFLUX_HOST"]?
  influx_url = URI.parse(influx)
  forever("connection check to influx failed", "analytics") do
    client = http(influx_url, ENV["INFLUX_API_KEY"]?)
    loop do
      good client.post("/write", body: "m v=1")
      sleep 3
    end
  end
end

if port = ENV["CLIENT_LISTEN"]?
  server = HTTP::Server.new { |context| context.response.print "{}" }
  server.bind_tcp("0.0.0.0", port.to_i)
  spawn { server.listen }
end

if says = ENV["CLIENT_SAYS"]?
  STDOUT << says.gsub("NOW", Time.utc.to_rfc3339) << "\n"
end
log "INFO", "started", "app"
sleep
