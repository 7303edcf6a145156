# Stands for Elasticsearch, InfluxDB and RethinkDB: as much of them as a client and a probe see.
#
#   store elasticsearch|influxdb|rethinkdb PORT
#
# Environment: STORE_PASSWORD, what a client has to say (none: anything is right).
# What its disk and its speed are stands in files in its working directory, read at each request: `full`, where it is
# there; `delay`, seconds.
require "http/server"
require "socket"

PASSWORD = ENV["STORE_PASSWORD"]?

def full? : Bool
  File.exists?("full")
end

def delay
  text = File.read("delay") rescue ""
  sleep text.to_f if text.to_f?
end

# RethinkDB, as the client speaks it: a password, then an answer to each line.
def serve(client : TCPSocket)
  spawn do
    first = client.read_byte || 0_u8
    # RethinkDB's own handshake, V1_0, begins with a magic number: as much as a probe says.
    if first == 0xC3
      client << "{\"success\": true}\0"
      client.close
      next
    end
    hello = first.unsafe_chr + (client.gets || "")
    if PASSWORD && hello != "hello #{PASSWORD}"
      client << "ERROR: wrong password: authentication failed\n"
    else
      loop do
        delay
        client << (full? ? "ERROR: No space left on device\n" : "ok\n")
        break unless client.gets
      end
    end
    client.close
  rescue IO::Error
  end
end

kind = ARGV[0]
port = ARGV[1].to_i

if kind == "rethinkdb"
  server = TCPServer.new("0.0.0.0", port, backlog: 4)
  while socket = server.accept?
    serve(socket)
  end
else
  server = HTTP::Server.new do |context|
    delay
    path = context.request.path
    response = context.response
    said = context.request.headers["Authorization"]?
    if path == "/health" || path == "/ping"
      response.print %({"status": "pass"})
    elsif PASSWORD && said != "Token #{PASSWORD}"
      response.status_code = 401
      response.print %({"error": "authentication failed"})
    elsif path == "/_cluster/health"
      response.print %({"status": "#{full? ? "red" : "green"}"})
    elsif full?
      response.status_code = 429
      response.print %({"error": "cluster_block_exception: index read-only / allow delete, No space left on device"})
    else
      response.print "{}"
    end
  end
  server.bind_tcp("0.0.0.0", port)
  server.listen
end
