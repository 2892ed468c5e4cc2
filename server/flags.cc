#include "server/flags.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "CLI/CLI.hpp"
#include "core/base/duration_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "storage/postgres/pg_status.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

constexpr char kDatabaseVariable[] = "TREMORCAST_DATABASE";
constexpr char kExamples[] = R"(Examples:
  tremorcast-server --database "host=/run/postgresql dbname=tremorcast"
  tremorcast-server --database-file /etc/tremorcast/database --listen 127.0.0.1:0 --port-file ports
  tremorcast-server --database-file /run/secrets/db --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key \
    --access-file /etc/tremorcast/access

Durations are written 90s, 1h30m, 7d or 1w. SIGTERM or SIGINT drains and ends with 0; a second one ends at once.)";

// As typed; checked and converted after parsing, so that every mistake gets a sentence of its own.
struct Texts {
  std::string database, database_file;
  std::string listen = "127.0.0.1:50051";
  std::string http = "127.0.0.1:9464";
  std::string grace = "30m", max_grace = "6h", settling = "48h", seal_quiet = "1m", issue_from;
  std::string tls_reload_interval = "30s";
  std::string max_connection_age = "30m", lame_duck = "0s", drain_timeout = "25s", retention;
  std::string log_level = "info", log_format = "text";
  int64_t ingest_queue_mib = 64;
  std::string serve_unskilled = "model";
  bool no_jobs = false;
};

// Who answers, and who decides that.
void DeclareSkill(CLI::App& app, Texts& texts, ServerOptions& server) {
  app.add_option("--serve-unskilled", texts.serve_unskilled,
                 "model or climatology: what answers for a region whose model has no demonstrated skill; either way "
                 "the forecast says so")
      ->capture_default_str();
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
void DeclareAccess(CLI::App& app, Texts& texts, ServerOptions& server) {
  rpc::GrpcServer::Options& grpc = server.grpc;
  app.add_flag("--insecure", grpc.insecure,
               "Allow plain text, or callers that are not asked who they are, on addresses that other machines reach");
  app.add_option("--tls-cert", grpc.tls.certificate, "PEM certificate chain; read again when it changes");
  app.add_option("--tls-key", grpc.tls.key, "PEM private key; read again when it changes");
  app.add_option("--tls-client-ca", grpc.tls.client_ca,
                 "PEM roots, read again when they change: clients must show a certificate signed by one of them; with "
                 "--access-file a token will do instead");
  app.add_option("--tls-reload-interval", texts.tls_reload_interval, "Look at the PEM files again this often")
      ->capture_default_str();
  app.add_option("--access-file", grpc.access.access_file,
                 "Who may call what: a line for each token or certificate, read again when it changes "
                 "(docs/SECURITY.md, tremorcast token create); without it everybody who can connect may do everything");
  app.add_option("--max-streams-per-client", grpc.access.max_streams_per_client,
                 "Streams that one principal, or one remote address without a name, may have open")
      ->capture_default_str();
  app.add_option("--max-streams-per-connection", grpc.max_streams_per_connection,
                 "Calls and streams at once on one connection; more wait in the client")
      ->capture_default_str();
}

void Declare(CLI::App& app, Texts& texts, CommandLine& line) {
  ServerOptions& server = line.server;
  app.add_option("--database", texts.database,
                 "PostgreSQL connection string without a password: every user of the machine can read it here. Of "
                 "several hosts the one that takes writes is found, also after a failover");
  app.add_option("--database-file", texts.database_file,
                 absl::StrCat("File with the connection string (else the variable ", kDatabaseVariable, ")"));
  app.add_option("--listen", texts.listen, "gRPC address; port 0 takes a free one")->capture_default_str();
  app.add_option("--http", texts.http, "Address of the bulletin, /metrics, /healthz and /readyz")
      ->capture_default_str();
  app.add_option("--port-file", line.port_file,
                 "Write the addresses here once serving: lines grpc=HOST:PORT and http=HOST:PORT");
  DeclareAccess(app, texts, server);
  app.add_option("--device", server.model.device, "auto, cpu or cuda")->capture_default_str();
  app.add_option("--threads", server.model.threads, "Threads of one inference; part of what replays must repeat")
      ->capture_default_str();
  app.add_option("--grace", texts.grace, "Issue forecasts this long after the week began")->capture_default_str();
  app.add_option("--seal-quiet", texts.seal_quiet, "Seal a station's week once no row of it came for this long")
      ->capture_default_str();
  app.add_option("--max-grace", texts.max_grace, "Forecasts issued later than this are not scored")
      ->capture_default_str();
  app.add_option("--settling", texts.settling, "Verify a week once the catalogue is complete this far past it")
      ->capture_default_str();
  app.add_option("--issue-from", texts.issue_from,
                 "Issue no week that began before this time (RFC 3339, or a date in UTC+8)");
  app.add_option("--retention", texts.retention, "Reject rows older than this (default: never)");
  app.add_flag("--drop-expired", server.jobs.retention.drop,
               "Drop stored rows older than --retention for good, once every station's week is sealed; their windows "
               "stay. Without it the server only says what would go");
  DeclareSkill(app, texts, server);
  app.add_option("--replay-clock", line.replay_clock,
                 "For a replay of simulated weeks: the time is the one in this file (files/replay_clock.h), not the "
                 "present. Loopback addresses and a database without real stations only");
  app.add_flag("--no-jobs", texts.no_jobs, "Never lead: do not seal, issue or verify here");
  app.add_option("--database-threads", server.database_threads, "Threads for queries")->capture_default_str();
  app.add_option("--ingest-queue-mib", texts.ingest_queue_mib, "Memory for batches that wait for their commit")
      ->capture_default_str();
  app.add_option("--max-connection-age", texts.max_connection_age, "Ask clients to reconnect at this age")
      ->capture_default_str();
  app.add_option("--lame-duck", texts.lame_duck, "On SIGTERM say \"not serving\" this long before streams end")
      ->capture_default_str();
  app.add_option("--drain-timeout", texts.drain_timeout, "Then give streams and calls this long to end")
      ->capture_default_str();
  app.add_option("--log-level", texts.log_level, "debug, info, warning or error")->capture_default_str();
  app.add_option("--log-format", texts.log_format, "text or json")->capture_default_str();
}

absl::StatusOr<std::string> ReadConnectionString(const Texts& texts) {
  const char* variable = std::getenv(kDatabaseVariable);
  if (!texts.database.empty() && !texts.database_file.empty()) {
    return absl::InvalidArgumentError("--database and --database-file exclude each other");
  }
  if (!texts.database.empty()) {
    RETURN_IF_ERROR(RefuseSecrets("--database", texts.database));
    return texts.database;
  }
  if (!texts.database_file.empty()) return ReadConninfoFile("--database-file", texts.database_file);
  if (variable != nullptr && *variable != '\0') return std::string(variable);
  return absl::InvalidArgumentError(
      absl::StrCat("no database: give --database, --database-file or ", kDatabaseVariable));
}

absl::Status ReadDuration(absl::string_view flag, const std::string& text, absl::Duration* value) {
  const absl::StatusOr<absl::Duration> read = ParseDurationText(text);
  if (!read.ok()) return absl::InvalidArgumentError(absl::StrCat(flag, ": ", read.status().message()));
  *value = *read;
  return absl::OkStatus();
}

absl::Status ReadDurations(const Texts& texts, ServerOptions* server) {
  const std::vector<std::pair<absl::string_view, absl::Status>> results = {
      {"--grace", ReadDuration("--grace", texts.grace, &server->jobs.issue.grace)},
      {"--max-grace", ReadDuration("--max-grace", texts.max_grace, &server->jobs.issue.max_grace)},
      {"--seal-quiet", ReadDuration("--seal-quiet", texts.seal_quiet, &server->jobs.seal.quiet)},
      {"--settling", ReadDuration("--settling", texts.settling, &server->jobs.verify.settling_time)},
      {"--tls-reload-interval",
       ReadDuration("--tls-reload-interval", texts.tls_reload_interval, &server->grpc.tls_reload_interval)},
      {"--max-connection-age",
       ReadDuration("--max-connection-age", texts.max_connection_age, &server->grpc.max_connection_age)},
      {"--lame-duck", ReadDuration("--lame-duck", texts.lame_duck, &server->lame_duck)},
      {"--drain-timeout", ReadDuration("--drain-timeout", texts.drain_timeout, &server->drain_timeout)},
  };
  for (const auto& [flag, status] : results) {
    if (!status.ok()) return status;
  }
  if (!texts.retention.empty()) {
    RETURN_IF_ERROR(ReadDuration("--retention", texts.retention, &server->limits.retention));
    server->jobs.retention.retention = server->limits.retention;
  } else if (server->jobs.retention.drop) {
    return absl::InvalidArgumentError("--drop-expired needs --retention");
  }
  if (server->jobs.issue.grace > server->jobs.issue.max_grace) {
    return absl::InvalidArgumentError("--grace must not be longer than --max-grace");
  }
  // Windows are sealed before the forecasts that use them are issued.
  server->jobs.seal.grace = std::min(server->jobs.seal.grace, server->jobs.issue.grace * 2 / 3);
  return absl::OkStatus();
}

absl::Status ReadLog(const Texts& texts, CommandLine* line) {
  const std::vector<std::pair<std::string, LogLevel>> levels = {{"debug", LogLevel::kDebug},
                                                                {"info", LogLevel::kInfo},
                                                                {"warning", LogLevel::kWarning},
                                                                {"error", LogLevel::kError}};
  const auto level =
      std::find_if(levels.begin(), levels.end(), [&](const auto& one) { return one.first == texts.log_level; });
  if (level == levels.end()) return absl::InvalidArgumentError("--log-level: give debug, info, warning or error");
  line->log_level = level->second;
  if (texts.log_format != "text" && texts.log_format != "json") {
    return absl::InvalidArgumentError("--log-format: give text or json");
  }
  line->log_format = texts.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  return absl::OkStatus();
}

absl::Status Convert(const Texts& texts, CommandLine* line) {
  ServerOptions& server = line->server;
  ASSIGN_OR_RETURN(server.conninfo, ReadConnectionString(texts));
  ASSIGN_OR_RETURN(server.grpc.listen, rpc::ParseListenAddress("--listen", texts.listen));
  ASSIGN_OR_RETURN(server.http, rpc::ParseListenAddress("--http", texts.http));
  RETURN_IF_ERROR(ReadDurations(texts, &server));
  if (!texts.issue_from.empty()) {
    const auto from = ParseTime(texts.issue_from);
    if (!from.ok()) return absl::InvalidArgumentError(absl::StrCat("--issue-from: ", from.status().message()));
    server.jobs.issue.issue_from = *from;
  }
  if (texts.ingest_queue_mib < 1 || texts.ingest_queue_mib > 1 << 16) {
    return absl::InvalidArgumentError("--ingest-queue-mib: give 1 to 65536");
  }
  server.ingest.capacity_bytes = texts.ingest_queue_mib << 20;
  server.jobs.lead = !texts.no_jobs;
  server.replay = !line->replay_clock.empty();
  if (texts.serve_unskilled != "model" && texts.serve_unskilled != "climatology") {
    return absl::InvalidArgumentError("--serve-unskilled: give model or climatology");
  }
  server.serve_unskilled = texts.serve_unskilled == "model" ? ServeUnskilled::kModel : ServeUnskilled::kClimatology;
  RETURN_IF_ERROR(ReadLog(texts, line));
  return server.Validate();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv, absl::string_view runtime) {
  CommandLine line;
  Texts texts;
  CLI::App app("Takes station rows over gRPC into PostgreSQL, issues and archives weekly forecasts.",
               "tremorcast-server");
  app.footer(kExamples);
  app.set_version_flag("--version",
                       absl::StrCat("tremorcast-server ", BuildVersion(), " (", BuildRevision(), "), ", runtime));
  Declare(app, texts, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.text = app.help();
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.text = absl::StrCat(version.what(), "\n");
    return line;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  RETURN_IF_ERROR(Convert(texts, &line));
  return line;
}

}  // namespace tremorcast
