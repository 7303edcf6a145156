# A stand-in for PlaceOS's services: what the host sees of one (arguments, signal dispositions,
# symbols, log lines, workers), and nothing of what a service does.
#
# The dialect is chosen when compiling, because it shows in the symbol table:
#   -Dtoggle   USR1 flips trace logging          `PlaceOS::LogBackend::trace`
#   -Dlatch    USR1 on, USR2 off, once each      other `PlaceOS::LogBackend::` symbols only
#   -Ddriver   USR1 flips, USR2 prints figures   `PlaceOS::Driver::trace`, no LogBackend
#   -Dnone     no handler: USR1 kills            no LogBackend
#
# Environment, besides LOG_LEVEL, SG_ENV, PLACE_LOG_FORMAT and SG_PROCESS_COUNT:
#   STANDIN_HANDLER_DELAY    seconds before the handler is installed; until then USR1 kills
#   STANDIN_START_DELAY      seconds in which signals are caught, but not acted upon
#   STANDIN_REARM_DELAY      seconds in which USR1 stays ignored after a flip (toggle, driver)
#   STANDIN_CURL_SECONDS     how long a health check hangs (default 1)
#   STANDIN_ONESHOT_SECONDS  how long -v, -r, -e, -d, -h and -m hang (default 0)
#   STANDIN_SIGNAL_FILE      gets a line `PID SIGNAL TIME` for each signal acted upon
#   STANDIN_TRUTH_FILE       FILE.PID holds `PID true|false`, from the handler's installation on
#   STANDIN_MESSAGES         what a switch prints: `lines` (log lines), `plain` (the oldest
#                            handlers' bare line), `filtered` (log lines, subject to the level
#                            as any other). Default: plain for latch, lines otherwise
#   STANDIN_IDLE             when set: nothing happens that would be logged in debug mode
#   STANDIN_FOLLOW_STDIN     when set: ends when its standard input does

require "json"

{% unless flag?(:toggle) || flag?(:latch) || flag?(:driver) || flag?(:none) %}
  {% raise "choose a dialect: -Dtoggle, -Dlatch, -Ddriver or -Dnone" %}
{% end %}

lib LibStandin
  PR_SET_PDEATHSIG = 1
  fun prctl(option : LibC::Int, argument : LibC::ULong) : LibC::Int
  fun usleep(microseconds : UInt32) : LibC::Int
end

enum Level
  Trace
  Debug
  Info
  Warn
  Error
end

# One log, to standard output. Each line leaves in one write, so that workers do not mix theirs.
module Journal
  PROGRAM    = File.basename(PROGRAM_NAME)
  PRODUCTION = ENV["SG_ENV"]? == "production"
  JSON_LINES = (ENV["PLACE_LOG_FORMAT"]? || "").downcase == "json"
  MESSAGES   = ENV["STANDIN_MESSAGES"]? || {{ flag?(:latch) ? "plain" : "lines" }}

  # The level of the service's own lines.
  class_property level : Level = start_level

  def self.start_level : Level
    {% if flag?(:driver) %}
      Level::Error
    {% else %}
      named = ENV["LOG_LEVEL"]?.try { |name| Level.parse?(name) }
      named || back_level
    {% end %}
  end

  # What debug mode goes back to, whatever LOG_LEVEL said at the start.
  def self.back_level : Level
    {% if flag?(:driver) %}
      Level::Error
    {% else %}
      PRODUCTION ? Level::Info : Level::Debug
    {% end %}
  end

  def self.log(level : Level, message : String, source : String = "place_os.#{PROGRAM.tr("-", "_")}")
    write(level, message, source) if level >= @@level
  end

  # A switch is told whatever the level is, since the service lowers its level first.
  def self.tell(message : String, source : String)
    MESSAGES == "filtered" ? log(:info, message, source) : write(:info, message, source)
  end

  def self.write(level : Level, message : String, source : String)
    time = Time.local.to_rfc3339
    if JSON_LINES
      fields = {level: level.to_s.upcase, time: time, program: PROGRAM, source: source, message: message}
      raw(fields.to_json)
    else
      from = source.empty? ? "" : " source=#{source}"
      raw(%(level=[#{level.to_s[0]}] time=#{time} program=#{PROGRAM}#{from} message="#{message}"))
    end
  end

  def self.raw(line : String)
    STDOUT << "#{line}\n"
    STDOUT.flush
  rescue IO::Error
    # Whoever read the log is gone; the service goes on, as PlaceOS's do.
  end
end

# What the tests compare against: written by the service itself, not needed for running.
module Truth
  SIGNAL_FILE = ENV["STANDIN_SIGNAL_FILE"]?
  TRUTH_FILE  = ENV["STANDIN_TRUTH_FILE"]?

  def self.received(signal : Signal)
    return unless path = SIGNAL_FILE
    line = "#{Process.pid} #{signal} #{Time.utc.to_rfc3339(fraction_digits: 6)}\n"
    File.open(path, "a", &.print(line))
  rescue error : File::Error
    STDERR.puts error.message
  end

  def self.level(debug : Bool)
    return unless path = TRUTH_FILE
    final = "#{path}.#{Process.pid}"
    draft = File.join(File.dirname(final), ".#{File.basename(final)}")
    File.write(draft, "#{Process.pid} #{debug}\n")
    File.rename(draft, final)
  rescue error : File::Error
    STDERR.puts error.message
  end
end

def seconds(variable : String, otherwise : Float64) : Time::Span
  (ENV[variable]?.try(&.to_f?) || otherwise).seconds
end

# Holds up the whole process, event loop included; a caught signal does not cut it short.
def hold_up(span : Time::Span)
  deadline = Time.monotonic + span
  while (left = deadline - Time.monotonic) > Time::Span.zero
    LibStandin.usleep(Math.min(left.total_microseconds.ceil, 500_000).to_u32)
  end
end

REARM_DELAY = seconds("STANDIN_REARM_DELAY", 0)

{% if flag?(:toggle) || flag?(:latch) %}
  module PlaceOS::LogBackend
    NAMESPACES = "action-controller.*, place_os.*, #{Journal::PROGRAM}.*"

    # Kept in the executable on its own account: a latch build has symbols of this namespace too.
    @@switches = 0

    def self.change_to(enabled : Bool)
      @@switches += 1
      namespaced = enabled ? Level::Trace : Journal.back_level
      Journal.level = namespaced
      Truth.level(enabled)
      if Journal::MESSAGES == "plain"
        Journal.raw(" > Log level changed to #{namespaced}")
      else
        default = enabled ? Level::Trace : Level::Info
        Journal.tell("default log level changed to #{default}", "place_os.log_backend")
        Journal.tell("#{NAMESPACES} log level changed to #{namespaced}", "place_os.log_backend")
      end
    end

    def self.switches
      @@switches
    end
  end
{% end %}

{% if flag?(:toggle) %}
  module PlaceOS::LogBackend
    @@trace = false

    def self.trace?
      @@trace
    end

    def self.arm
      Signal::USR1.trap do |signal|
        Truth.received(signal)
        @@trace = !@@trace
        change_to(@@trace)
        # Ignored for a moment, then trapped anew: whoever polls the masks can see the gap.
        signal.ignore
        hold_up REARM_DELAY
        arm
      end
    end
  end

  alias Switch = PlaceOS::LogBackend
{% elsif flag?(:latch) %}
  module PlaceOS::LogBackend
    @@latched = false

    def self.trace?
      @@latched
    end

    def self.arm
      {Signal::USR1, Signal::USR2}.each do |which|
        which.trap do |signal|
          Truth.received(signal)
          @@latched = signal.usr1?
          change_to(@@latched)
          signal.ignore
        end
      end
    end
  end

  alias Switch = PlaceOS::LogBackend
{% elsif flag?(:driver) %}
  class PlaceOS::Driver
    @@trace = false

    def self.trace?
      @@trace
    end

    def self.arm
      arm_level
      Signal::USR2.trap do |signal|
        Truth.received(signal)
        heap = GC.stats.heap_size
        Journal.raw("Statistics of #{Journal::PROGRAM}: process #{Process.pid}, heap #{heap} bytes")
      end
    end

    def self.arm_level
      Signal::USR1.trap do |signal|
        Truth.received(signal)
        @@trace = !@@trace
        level = @@trace ? Level::Trace : Level::Error
        Journal.tell("> Log level changed to #{level}", "")
        Journal.level = level
        Truth.level(@@trace)
        signal.ignore
        hold_up REARM_DELAY
        arm_level
      end
    end
  end

  alias Switch = PlaceOS::Driver
{% else %}
  module PlaceOS::Edge
    @@beats = 0

    # Never in debug mode; the counter keeps a symbol of the namespace in the executable.
    def self.trace?
      @@beats += 1
      @@beats < 0
    end

    def self.arm
    end
  end

  alias Switch = PlaceOS::Edge
{% end %}

# What the command line asks for.
class Options
  getter workers : Int32
  getter curl : String?
  getter oneshot : String?
  # The command line that a worker gets: this one, less the number of workers.
  getter worker_arguments = [] of String

  ONESHOTS = {
    "-v" => "version 0.0.0", "--version" => "version 0.0.0",
    "-r" => "GET /api/standin", "--routes" => "GET /api/standin",
    "-e" => "SG_ENV", "--env" => "SG_ENV",
    "-d" => "openapi: 3.0.3", "--docs" => "openapi: 3.0.3",
    "-h" => "Usage: #{PROGRAM_NAME} [arguments]", "--help" => "Usage: #{PROGRAM_NAME} [arguments]",
  }

  # A driver's -p stands alone and means: run.
  {% if flag?(:driver) %}
    WITH_VALUE = {"-b", "--bind"}
    ONESHOTS["-m"] = %({"descriptive_name":"Stand-in"})
  {% else %}
    WITH_VALUE = {"-b", "--bind", "-p", "--port"}
  {% end %}

  def initialize(arguments : Array(String))
    @workers = ENV["SG_PROCESS_COUNT"]?.try(&.to_i?) || 1
    rest = arguments.dup

    # A container's ENTRYPOINT and CMD both name the executable.
    if (own = rest.first?) && own.includes?('/') && File.basename(own) == Journal::PROGRAM
      @worker_arguments << rest.shift
    end

    while argument = rest.shift?
      case argument
      when "-w", "--workers"
        @workers = rest.shift?.try(&.to_i?) || 1
        next
      when "-c", "--curl"
        @curl = rest.shift? || ""
      when .starts_with?("--workers=")
        @workers = argument.lchop("--workers=").to_i? || 1
        next
      when .starts_with?("--curl=")
        @curl = argument.lchop("--curl=")
      when .in?(WITH_VALUE)
        @worker_arguments << argument
        rest.shift?.try { |value| @worker_arguments << value }
        next
      else
        @oneshot ||= ONESHOTS[argument]?
      end
      @worker_arguments << argument
    end
  end
end

options = Options.new(ARGV)

if options.curl
  sleep seconds("STANDIN_CURL_SECONDS", 1)
  exit 0
end

if text = options.oneshot
  Journal.raw(text)
  sleep seconds("STANDIN_ONESHOT_SECONDS", 0)
  exit 0
end

# A worker ends with its parent, even with one that was killed. The parent may have ended before
# the request took effect, hence the second look.
if parent = ENV["STANDIN_PARENT"]?.try(&.to_i64?)
  LibStandin.prctl(LibStandin::PR_SET_PDEATHSIG, LibC::SIGKILL.to_u64)
  exit 0 unless Process.ppid == parent
end

workers = [] of Process

finish = ->(signal : Signal) do
  Truth.received(signal)
  signal.ignore
  Journal.raw(" > terminating gracefully")
  workers.each do |worker|
    worker.terminate unless worker.terminated?
  end
  spawn do
    workers.each(&.wait)
    exit 0
  end
  # A worker that does not end (a stopped one) must not keep the parent; its end kills it.
  spawn do
    sleep 2
    exit 0
  end
end
Signal::TERM.trap(&finish)
Signal::INT.trap(&finish)

if ENV["STANDIN_FOLLOW_STDIN"]? && !ENV["STANDIN_PARENT"]?
  spawn do
    STDIN.skip_to_end
    exit 0
  end
end

if options.workers > 1
  path = Process.executable_path || PROGRAM_NAME
  environment = {"SG_PROCESS_COUNT" => "1", "STANDIN_PARENT" => Process.pid.to_s}
  (options.workers - 1).times do
    workers << Process.new(path, options.worker_arguments, env: environment,
      output: :inherit, error: :inherit)
  end
end

delay = seconds("STANDIN_HANDLER_DELAY", 0)
sleep delay if delay > Time::Span.zero

Switch.arm
Truth.level(Switch.trace?)
hold_up seconds("STANDIN_START_DELAY", 0)

Journal.log(:info, "Launching #{Journal::PROGRAM}")
Journal.log(:debug, "process #{Process.pid} is ready")

counter = 0
loop do
  sleep 0.2
  next if ENV["STANDIN_IDLE"]? || !Switch.trace?
  counter += 1
  Journal.log(:trace, "still here, #{counter} times by now")
end
