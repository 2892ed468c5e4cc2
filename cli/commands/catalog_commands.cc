// tremorcast catalog import|list

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/catalogue/labels.h"
#include "core/readers/catalogue_csv.h"
#include "files/text_file.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

constexpr int kShownBadLines = 20;

// Sets the field only when the flag was given, because an absent bound and one of 1970 are not the
// same.
template <typename Field>
absl::Status FillGivenTime(const std::string& flag, const Field& field) {
  if (flag.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Time time, ParseTime(flag));
  FillTime(time, field());
  return absl::OkStatus();
}

class CatalogImport final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {
        {"FILE",
         "CENC CSV, AETA eqlst CSV, FDSN event text or ComCat CSV (.xz, .gz and .zst too); - is the standard input",
         &file_,
         true,
         {}},
        {"--format", "take the file as this and do not guess", &format_, false, {"cenc", "eqlst", "fdsn", "comcat"}},
        {"--complete-until",
         "the catalogue lists every event before this time (default: its newest event, if it lists M 3.5 and smaller)",
         &complete_until_,
         false,
         {}},
        {"--not-complete", "say nothing about how far the catalogue is complete", &not_complete_, false, {}},
        {"--json", "print the counts as JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    Console& console = context.console;
    const absl::StatusOr<std::string> text = ReadTextFile(file_);
    if (!text.ok()) {
      console.err() << "tremorcast: " << text.status().message() << "\n";
      return ExitCode::kFailed;
    }
    absl::StatusOr<absl::Time> until = absl::InfinitePast();
    if (!complete_until_.empty()) until = ParseTime(complete_until_);
    if (!until.ok() || (not_complete_ && !complete_until_.empty())) {
      console.err() << "tremorcast catalog import: "
                    << (until.ok() ? "--complete-until and --not-complete exclude each other"
                                   : std::string(until.status().message()))
                    << "\n";
      return ExitCode::kUsage;
    }
    const absl::StatusOr<CatalogueText> read = ReadCatalogue(*text, ParseCatalogueFormat(format_));
    if (!read.ok()) {
      console.err() << "tremorcast: " << file_ << ": " << read.status().message() << "\n";
      return ExitCode::kFailed;
    }
    ListBadLines(console, *read);
    std::map<std::string, absl::Time> complete = Completeness(console, read->events, *until);
    EventImportCounts counts;
    const grpc::Status status = ImportEvents(context.client, read->events, complete, counts);
    // What was imported before a failure counts; how far the catalogue is complete was not taken
    // then.
    if (!status.ok()) complete.clear();
    json_ ? PrintJson(console, *read, counts, complete) : Print(console, *read, counts, complete);
    if (!status.ok()) return Report(console, context.client, "catalog import", status);
    return read->bad_lines.empty() ? ExitCode::kOk : ExitCode::kPartial;
  }

 private:
  static void Print(Console& console, const CatalogueText& read, const EventImportCounts& counts,
                    const std::map<std::string, absl::Time>& complete) {
    console.out() << CatalogueFormatName(read.format) << ": " << Grouped(counts.inserted) << " new, "
                  << Grouped(counts.revised) << " revised, " << Grouped(counts.unchanged) << " as they were\n";
    for (const auto& [source, time] : complete)
      console.out() << source << " complete until " << FormatNetworkTime(time) << "\n";
  }
  static void PrintJson(Console& console, const CatalogueText& read, const EventImportCounts& counts,
                        const std::map<std::string, absl::Time>& complete) {
    nlohmann::ordered_json json = {{"format", CatalogueFormatName(read.format)},
                                   {"inserted", counts.inserted},
                                   {"revised", counts.revised},
                                   {"unchanged", counts.unchanged},
                                   {"rejected_lines", read.bad_lines.size()},
                                   {"complete_until", nlohmann::ordered_json::object()}};
    for (const auto& [source, time] : complete) json["complete_until"][source] = FormatUtc(time);
    console.out() << json.dump() << "\n";
  }

  void ListBadLines(Console& console, const CatalogueText& read) const {
    int shown = 0;
    for (const BadLine& bad : read.bad_lines) {
      if (++shown > kShownBadLines) {
        console.err() << "... and " << read.bad_lines.size() - kShownBadLines << " more lines\n";
        return;
      }
      console.err() << file_ << ":" << bad.line << ": " << bad.reason << "\n";
    }
  }

  // Says how far each source is complete. A list that starts above the first class edge is not
  // taken as complete unless the user says so: weeks would be verified as quiet because their
  // smaller events are not in it.
  std::map<std::string, absl::Time> Completeness(Console& console, const std::vector<SeismicEvent>& events,
                                                 absl::Time until) const {
    std::map<std::string, absl::Time> newest;
    std::map<std::string, double> smallest;
    if (not_complete_) return newest;
    for (const SeismicEvent& event : events) {
      absl::Time& time = newest.emplace(event.source, absl::InfinitePast()).first->second;
      time = complete_until_.empty() ? std::max(time, event.origin_time) : until;
      double& magnitude = smallest.emplace(event.source, event.magnitude).first->second;
      magnitude = std::min(magnitude, event.magnitude);
    }
    const double first_edge = MagnitudeClasses().edges[0];
    for (const auto& [source, magnitude] : smallest) {
      if (!complete_until_.empty() || magnitude <= first_edge + 1e-6) continue;
      console.err() << absl::StrFormat(
          "%s lists nothing below M %.1f: not taken as complete (if it is, say --complete-until TIME)\n", source,
          magnitude);
      newest.erase(source);
    }
    return newest;
  }

  std::string file_, format_, complete_until_;
  bool not_complete_ = false, json_ = false;
};

class CatalogList final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--since", "from this origin time on (2020-12-06, 2020-12-06T00:00:00Z)", &since_, false, {}},
            {"--until", "before this origin time", &until_, false, {}},
            {"--min-magnitude", "at least this magnitude", &min_magnitude_, false, {}},
            {"--limit", "at most this many, the newest", &limit_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::ListEventsRequest request;
    absl::Status times = FillGivenTime(since_, [&request] { return request.mutable_start_time(); });
    times.Update(FillGivenTime(until_, [&request] { return request.mutable_end_time(); }));
    if (!times.ok()) {
      context.console.err() << "tremorcast catalog list: " << times.message() << "\n";
      return ExitCode::kUsage;
    }
    request.set_min_magnitude(min_magnitude_);
    request.set_page_size(5000);
    std::vector<v1::SeismicEvent> events;
    v1::ListEventsResponse response;
    const auto stub = v1::CatalogService::NewStub(context.client.channel());
    do {
      response.Clear();
      const grpc::Status status =
          context.client.Call(stub.get(), &v1::CatalogService::Stub::ListEvents, request, &response);
      if (!status.ok()) return Report(context.console, context.client, "catalog list", status);
      for (v1::SeismicEvent& event : *response.mutable_events()) events.push_back(std::move(event));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    const size_t all = events.size();
    if (limit_ > 0 && all > static_cast<size_t>(limit_))
      events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(limit_));
    Print(context.console, events, all, response);
    return ExitCode::kOk;
  }

 private:
  void Print(Console& console, const std::vector<v1::SeismicEvent>& events, size_t all,
             const v1::ListEventsResponse& last) const {
    if (json_) {
      console.out() << ToJsonList("events", events) << "\n";
      return;
    }
    Table table({"TIME (UTC+8)", "MAG", "TYPE", "LATITUDE", "LONGITUDE", "DEPTH", "SOURCE", "REV", "PLACE"},
                {1, 3, 4, 5, 7});
    for (const v1::SeismicEvent& e : events) {
      table.Add({LocalMinute(e.origin_time()), absl::StrFormat("%.1f", e.magnitude()), e.magnitude_type(),
                 absl::StrFormat("%.2f", e.epicenter().latitude_degrees()),
                 absl::StrFormat("%.2f", e.epicenter().longitude_degrees()),
                 e.has_depth_km() ? absl::StrFormat("%.0f km", e.depth_km()) : "", e.source(),
                 absl::StrCat(e.revision()), e.place()});
    }
    table.Print(console);
    console.err() << Grouped(static_cast<int64_t>(events.size())) << " of " << Count(static_cast<int64_t>(all), "event")
                  << "\n";
    for (const auto& one : last.completeness()) {
      console.err() << one.source() << " complete until " << LocalMinute(one.complete_until_time()) << " UTC+8\n";
    }
  }

  std::string since_, until_;
  double min_magnitude_ = 0;
  int64_t limit_ = 50;
  bool json_ = false;
};

}  // namespace

CommandSpec CatalogImportSpec() {
  return {"catalog import",
          "Load an earthquake catalogue",
          "The format is told from the header. Importing again is harmless: an event that differs becomes its next "
          "revision. Lines that cannot be "
          "read are listed and the others imported (exit code 4). Weeks are verified only as far as a catalogue says "
          "it is complete.",
          {"tremorcast catalog import eqlst.csv", "tremorcast catalog import cenc.csv --complete-until 2022-05-03",
           "tremorcast catalog import --format fdsn events.txt"},
          [] { return std::make_unique<CatalogImport>(); }};
}
CommandSpec CatalogListSpec() {
  return {"catalog list",
          "List events of the catalogue",
          "",
          {"tremorcast catalog list --min-magnitude 5",
           "tremorcast catalog list --since 2020-12-01 --until 2021-01-01 --json"},
          [] { return std::make_unique<CatalogList>(); }};
}

}  // namespace tremorcast::cli
