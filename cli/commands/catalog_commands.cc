// tremorcast catalog list|export

#include <memory>
#include <ostream>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/readers/catalogue_csv.h"
#include "files/text_file.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

// Sets the field only when the flag was given, because an absent bound and one of 1970 are not the
// same.
template <typename Field>
absl::Status FillGivenTime(const std::string& flag, const Field& field) {
  if (flag.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Time time, ParseTime(flag));
  FillTime(time, field());
  return absl::OkStatus();
}

class CatalogList final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--since", "from this origin time on (2020-12-06, 2020-12-06T00:00:00Z)", &since_, false, {}},
            {"--until", "before this origin time", &until_, false, {}},
            {"--min-magnitude", "at least this magnitude", &min_magnitude_, false, {}},
            {"--deleted", "withdrawn events, too", &deleted_, false, {}},
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
    request.set_include_deleted(deleted_);
    std::vector<v1::SeismicEvent> events;
    v1::ListEventsResponse response;
    if (const grpc::Status status = FetchEvents(context.client, request, events, response); !status.ok()) {
      return Report(context.console, context.client, "catalog list", status);
    }
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
                 absl::StrCat(e.revision()),
                 e.deleted() || e.withdrawn() ? absl::StrCat("(withdrawn) ", e.place()) : e.place()});
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
  bool json_ = false, deleted_ = false;
};

class CatalogExport final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--out", "write to this file (default: the standard output)", &out_, false, {}},
            {"--format",
             "own keeps everything and can be imported again; fdsn is for other programs",
             &format_,
             false,
             {"own", "fdsn"}},
            {"--since", "from this origin time on", &since_, false, {}},
            {"--until", "before this origin time", &until_, false, {}},
            {"--source", "of this catalogue alone", &source_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::ListEventsRequest request;
    absl::Status times = FillGivenTime(since_, [&request] { return request.mutable_start_time(); });
    times.Update(FillGivenTime(until_, [&request] { return request.mutable_end_time(); }));
    if (!times.ok()) {
      context.console.err() << "tremorcast catalog export: " << times.message() << "\n";
      return ExitCode::kUsage;
    }
    request.set_include_deleted(format_ == "own");  // FDSN text has no word for them
    std::vector<v1::SeismicEvent> listed;
    v1::ListEventsResponse last;
    if (const grpc::Status status = FetchEvents(context.client, request, listed, last); !status.ok()) {
      return Report(context.console, context.client, "catalog export", status);
    }
    std::vector<SeismicEvent> events;
    for (const v1::SeismicEvent& event : listed) {
      if (source_.empty() || event.source() == source_) events.push_back(ToEvent(event));
    }
    const std::string text = format_ == "own" ? WriteCatalogue(events) : WriteFdsnText(events);
    if (out_.empty()) {
      context.console.out() << text;
    } else if (const absl::Status written = WriteTextFile(out_, text); !written.ok()) {
      context.console.err() << "tremorcast catalog export: " << written.message() << "\n";
      return ExitCode::kFailed;
    }
    context.console.err() << Count(static_cast<int64_t>(events.size()), "event") << "\n";
    return ExitCode::kOk;
  }

 private:
  std::string out_, format_ = "own", since_, until_, source_;
};

}  // namespace

CommandSpec CatalogListSpec() {
  return {"catalog list",
          "List events of the catalogue",
          "",
          {"tremorcast catalog list --min-magnitude 5",
           "tremorcast catalog list --since 2020-12-01 --until 2021-01-01 --json", "tremorcast catalog list --deleted"},
          [] { return std::make_unique<CatalogList>(); }};
}

CommandSpec CatalogExportSpec() {
  return {
      "catalog export",
      "Write the catalogue to a file",
      "In the newest revision of each event, withdrawn ones included. What it writes, 'tremorcast catalog import' "
      "reads back as it was.",
      {"tremorcast catalog export --out catalogue.csv", "tremorcast catalog export --format fdsn --since 2020-01-01"},
      [] { return std::make_unique<CatalogExport>(); }};
}

}  // namespace tremorcast::cli
