# Stands for a service of PlaceOS that holds a connection to Redis: a PING every two seconds, with a time-out of five,
# and a log in the line format.
require "socket"
require "uri"

Signal::USR1.trap { }
uri = URI.parse(ENV["REDIS_URL"])
host = uri.host || "localhost"
port = uri.port || 6379
STDOUT.sync = true

def log(level, message, source)
  puts "level=[#{level}] time=#{Time.utc.to_rfc3339} program=client source=#{source} message=\"#{message}\""
end

loop do
  begin
    socket = TCPSocket.new(host, port, connect_timeout: 5.seconds)
    socket.read_timeout = 5.seconds
    if password = uri.password
      socket << "AUTH #{password}\r\n"
      answer = socket.gets
      raise "Redis::Error #{answer}" if answer && answer.starts_with?("-")
    end
    log "I", "connected", "client"
    loop do
      socket << "PING\r\n"
      answer = socket.gets || raise "Redis::ConnectionLostError"
      raise "Redis::Error #{answer}" if answer.starts_with?("-")
      sleep 2.seconds
    end
  rescue error
    log "E", "node registration failed: #{error.message} (#{ENV["REDIS_URL"]})", "redis-service-manager"
    socket.try &.close
    sleep 1.second
  end
end
