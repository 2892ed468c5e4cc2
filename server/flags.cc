#include "server/flags.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "command_line/arguments.h"
#include "command_line/database_flags.h"
#include "core/base/duration_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

constexpr char kExamples[] = R"(Examples:
  tremorcast-server --database "host=/run/postgresql dbname=tremorcast"
  tremorcast-server --database-file /etc/tremorcast/database --listen 127.0.0.1:0 --port-file ports
  tremorcast-server --database-file /run/secrets/db --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key \
    --access-file /etc/tremorcast/access

Durations are written 90s, 1h30m, 7d or 1w. SIGTERM or SIGINT drains and ends with 0; a second one ends at once.)";

// A flag that takes a duration and shows what it is when it is not given.
void AddDuration(CLI::App& app, const std::string& name, absl::Duration& target, const std::string& usual,
                 const std::string& help) {
  target = *ParseDurationText(usual);
  AddParsed(app, name, target, ParseDurationText, help)->default_str(usual);
}

// A flag that takes one of a few words, and shows the one that counts when it is not given: what
// `target` holds.
template <typename T>
void AddChoice(CLI::App& app, const std::string& name, T& target, const std::vector<std::pair<std::string, T>>& choices,
               const std::string& help) {
  std::string usual, words;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].second == target) usual = choices[i].first;
    absl::StrAppend(&words, i == 0 ? "" : i + 1 < choices.size() ? ", " : " or ", choices[i].first);
  }
  const auto parse = [choices, words](const std::string& text) -> absl::StatusOr<T> {
    for (const auto& [word, value] : choices) {
      if (word == text) return value;
    }
    return absl::InvalidArgumentError(absl::StrCat("give ", words));
  };
  AddParsed(app, name, target, parse, help)->default_str(usual);
}

void AddAddress(CLI::App& app, const std::string& name, rpc::ListenAddress& target, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&target, name](const std::string& text) {
           const auto address = rpc::ParseListenAddress(name, text);
           if (!address.ok()) throw CLI::ValidationError(std::string(address.status().message()));
           target = *address;
         },
         help)
      ->default_str(target.ToString());
}

absl::StatusOr<int64_t> ParseMebibytes(const std::string& text) {
  int64_t mib = 0;
  if (!absl::SimpleAtoi(text, &mib) || mib < 1 || mib > 1 << 16) {
    return absl::InvalidArgumentError("give 1 to 65536");
  }
  return mib << 20;
}

absl::StatusOr<std::optional<double>> ParseShare(const std::string& text) {
  double share = -1;
  if (!absl::SimpleAtod(text, &share) || !(share >= 0 && share <= 1)) return absl::InvalidArgumentError("give 0 to 1");
  return share;
}

// Who answers, and who decides that.
void AddSkill(CLI::App& app, ServerOptions& server) {
  AddChoice<ServeUnskilled>(
      app, "--serve-unskilled", server.serve_unskilled,
      {{"model", ServeUnskilled::kModel}, {"climatology", ServeUnskilled::kClimatology}},
      "model or climatology: what answers for a region whose model has no demonstrated skill; either way the forecast "
      "says so");
  AddDuration(app, "--catalogue-max-age", server.catalogue_max_age, "48h",
              "The catalogue rung answers from a catalogue that is complete up to no longer than this before the "
              "forecast begins");
  SkillJob::Options& skill = server.jobs.skill;
  app.add_flag("--auto-promote", skill.auto_promote,
               "Let verified weeks promote a better challenger, roll a champion back that lost, or fall back to "
               "climatology; without it such a verdict is logged and exported only");
  app.add_option("--auto-min-weeks", skill.policy.min_weeks, "Verified weeks before a model is promoted by itself")
      ->capture_default_str();
  app.add_option("--auto-min-events", skill.policy.min_event_region_weeks,
                 "Region-weeks with an event before a model is promoted by itself")
      ->capture_default_str();
  app.add_option("--auto-rollback-min-weeks", skill.policy.min_rollback_weeks,
                 "Verified weeks before a champion that lost is rolled back or withdrawn by itself")
      ->capture_default_str();
}

// Who may connect, and who may do what.
void AddAccess(CLI::App& app, ServerOptions& server) {
  rpc::GrpcServer::Options& grpc = server.grpc;
  app.add_flag("--insecure", grpc.insecure,
               "Let --listen be an address that other machines reach with plain text, or with callers that are not "
               "asked who they are. Everybody there may then do everything");
  app.add_flag("--insecure-http", server.insecure_http,
               "Let --http, which is plain text, be an address that other machines reach. With --access-file pages and "
               "metrics still want a token");
  app.add_option("--tls-cert", grpc.tls.certificate, "PEM certificate chain; read again when it changes");
  app.add_option("--tls-key", grpc.tls.key, "PEM private key; read again when it changes");
  app.add_option("--tls-client-ca", grpc.tls.client_ca,
                 "PEM roots, read again when they change: clients must show a certificate signed by one of them; with "
                 "--access-file a token will do instead");
  AddDuration(app, "--tls-reload-interval", grpc.tls_reload_interval, "30s", "Look at the PEM files again this often");
  app.add_option("--access-file", grpc.access.access_file,
                 "Who may call what: a line for each token or certificate, read again when it changes "
                 "(docs/SECURITY.md, tremorcast token create); without it everybody who can connect may do everything");
  app.add_option("--max-streams-per-client", grpc.access.max_streams_per_client,
                 "Streams that one principal, or one remote address without a name, may have open")
      ->capture_default_str();
  app.add_option("--client-rate", grpc.access.calls_per_second,
                 "Calls, batches of streams and HTTP requests a second of one principal, or of one remote address "
                 "without a name; 0: as many as come")
      ->capture_default_str();
  app.add_option("--client-burst", grpc.access.calls_at_once, "So many of them at once, after a while without")
      ->capture_default_str();
  app.add_option("--max-streams-per-connection", grpc.max_streams_per_connection,
                 "Calls and streams at once on one connection; more wait in the client")
      ->capture_default_str();
  app.add_option("--max-connections", grpc.connections.max_connections,
                 "Connections at once, as far as the limit of descriptors allows; more are closed at once")
      ->capture_default_str();
  app.add_option("--max-connections-per-client", grpc.connections.max_connections_per_client,
                 "Connections of one remote address; more behind a proxy, whose address is that of all its clients")
      ->capture_default_str();
}

// When weeks are sealed, issued, verified and dropped.
void AddSchedule(CLI::App& app, ServerOptions& server) {
  AddDuration(app, "--grace", server.jobs.issue.grace, "30m", "Issue forecasts this long after the week began");
  AddDuration(app, "--seal-quiet", server.jobs.seal.quiet, "1m",
              "Seal a station's week once no row of it came for this long");
  AddDuration(app, "--max-grace", server.jobs.issue.max_grace, "6h", "Forecasts issued later than this are not scored");
  AddChoice<bool>(app, "--issue-every", server.jobs.issue.daily, {{"7d", false}, {"1d", true}},
                  "7d or 1d: also issue the seven days from each midnight (UTC+8), where the catalogue rung answers");
  app.add_option(
         "--event-magnitude", server.jobs.issue.event_magnitude,
         "Smallest earthquake that the catalogue rung issues a forecast for as soon as it is imported; inf: none")
      ->capture_default_str();
  app.add_option("--event-distance", server.jobs.issue.event_distance_km,
                 "Kilometres from a region within which such an earthquake counts")
      ->capture_default_str();
  AddDuration(app, "--settling", server.jobs.verify.settling_time, "48h",
              "Verify a week once the catalogue is complete this far past it");
  AddParsed(app, "--issue-from", server.jobs.issue.issue_from, ParseTime,
            "Issue no week that began before this time (RFC 3339, or a date in UTC+8)");
  AddParsed(app, "--retention", server.limits.retention, ParseDurationText,
            "Reject rows older than this (default: never)");
  AddDuration(app, "--rows-back", server.limits.rows_back, "1040w",
              "Reject rows older than this whoever sends them: each week of rows costs tables of the database");
  AddDuration(app, "--writer-rows-back", server.writers.rows_back, "53w",
              "Reject rows older than this from writers; administrators send older ones");
  app.add_option("--writer-old-weeks", server.writers.old_weeks_per_day,
                 "Weeks before the last of which one station's writers may send rows in a day")
      ->capture_default_str();
  app.add_flag("--drop-expired", server.jobs.retention.drop,
               "Drop stored rows older than --retention for good, once every station's week is sealed; their windows "
               "stay. Without it the server only says what would go");
}

void AddFlags(CLI::App& app, DatabaseFlags& database, CommandLine& line) {
  ServerOptions& server = line.server;
  database.AddTo(app);
  AddDuration(app, "--database-wait", server.database_wait, "1m",
              "At the start try for so long to reach the database, with a line in the log a second");
  AddAddress(app, "--listen", server.grpc.listen, "gRPC address; port 0 takes a free one");
  AddAddress(app, "--http", server.http, "Address of the bulletin, /metrics, /healthz and /readyz");
  app.add_option("--port-file", line.port_file,
                 "Write the addresses here once serving: lines grpc=HOST:PORT and http=HOST:PORT");
  AddAccess(app, server);
  app.add_option("--device", server.model.device, "auto, cpu or cuda")->capture_default_str();
  app.add_option("--threads", server.model.threads, "Threads of one inference; part of what replays must repeat")
      ->capture_default_str();
  AddSchedule(app, server);
  AddSkill(app, server);
  app.add_option("--replay-clock", line.replay_clock,
                 "For a replay of simulated weeks: the time is the one in this file (files/replay_clock.h), not the "
                 "present. Loopback addresses and a database without real stations only");
  app.add_flag_callback(
      "--no-jobs", [&server] { server.jobs.lead = false; }, "Never lead: do not seal, issue or verify here");
  app.add_option("--database-threads", server.database_threads, "Threads for queries")->capture_default_str();
  AddParsed(app, "--ingest-queue-mib", server.ingest.capacity_bytes, ParseMebibytes,
            "Memory for batches that wait for their commit")
      ->type_name("INT")
      ->default_str("64");
  AddDuration(app, "--max-connection-age", server.grpc.max_connection_age, "30m",
              "Ask clients to reconnect at this age");
  AddDuration(app, "--lame-duck", server.lame_duck, "0s",
              "On SIGTERM say \"not serving\" this long before streams end");
  AddDuration(app, "--drain-timeout", server.drain_timeout, "25s", "Then give streams and calls this long to end");
  AddChoice<LogLevel>(app, "--log-level", line.log_level,
                      {{"debug", LogLevel::kDebug},
                       {"info", LogLevel::kInfo},
                       {"warning", LogLevel::kWarning},
                       {"error", LogLevel::kError}},
                      "debug, info, warning or error");
  AddParsed(app, "--access-log-sample", server.access_log_sample, ParseShare,
            "Log one line for each call and request that fails, and for this share (0 to 1) of those that do not "
            "(default: no such lines)")
      ->type_name("SHARE");
  AddChoice<LogFormat>(app, "--log-format", line.log_format, {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                       "text or json");
}

// What one flag says of another.
absl::Status Finish(ServerOptions& server) {
  if (server.limits.retention == absl::InfiniteDuration() && server.jobs.retention.drop) {
    return absl::InvalidArgumentError("--drop-expired needs --retention");
  }
  server.jobs.retention.retention = server.limits.retention;
  if (server.jobs.issue.grace > server.jobs.issue.max_grace) {
    return absl::InvalidArgumentError("--grace must not be longer than --max-grace");
  }
  // Windows are sealed before the forecasts that use them are issued.
  server.jobs.seal.grace = std::min(server.jobs.seal.grace, server.jobs.issue.grace * 2 / 3);
  return server.Validate();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv, absl::string_view runtime) {
  CommandLine line;
  DatabaseFlags database;
  CLI::App app("Takes station rows over gRPC into PostgreSQL, issues and archives weekly forecasts.",
               "tremorcast-server");
  app.footer(kExamples);
  app.set_version_flag("--version", VersionLine("tremorcast-server", runtime));
  AddFlags(app, database, line);
  ASSIGN_OR_RETURN(line.text, ReadArguments(app, {argv + 1, argv + argc}));
  if (!line.text.empty()) return line;
  ASSIGN_OR_RETURN(line.server.conninfo, database.Read());
  if (line.server.conninfo.empty()) {
    return absl::InvalidArgumentError("no database: give --database, --database-file or TREMORCAST_DATABASE");
  }
  line.server.replay = !line.replay_clock.empty();
  RETURN_IF_ERROR(Finish(line.server));
  return line;
}

}  // namespace tremorcast
