// tremorcast catalog import

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <nlohmann/json.hpp>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/number_text.h"
#include "core/base/plain_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/catalogue/completeness.h"
#include "core/catalogue/identity.h"
#include "files/text_file.h"
#include "formats/catalogue_file.h"

namespace tremorcast::cli {
namespace {

constexpr size_t kShownLines = 20;

class CatalogImport final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"FILE",
             "a catalogue in any format of docs/DATA_CONTRACT.md, Catalogues (.xz, .gz and .zst too); - is the "
             "standard input",
             &file_,
             true,
             {}},
            {"--format", "take the file as this and do not find out", &format_, false, CatalogueFormatNames()},
            {"--source",
             "name of the catalogue, instead of the one that the file says or its format implies",
             &source_,
             false,
             {}},
            {"--complete-until",
             "the catalogue lists every event before this time (default: as far as its events inside the regions show)",
             &until_,
             false,
             {}},
            {"--complete-from",
             "since when it does, with --complete-until (default: since when it did before)",
             &from_,
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
    Interval stated = {absl::InfinitePast(), absl::InfinitePast()};
    if (const std::string fault = ReadPeriod(stated); !fault.empty()) {
      console.err() << "tremorcast catalog import: " << fault << "\n";
      return ExitCode::kUsage;
    }
    const absl::StatusOr<CatalogueText> read =
        ReadCatalogueFile(*text, {ParseCatalogueFormat(format_), source_, context.pacer.Now()});
    if (!read.ok()) {
      console.err() << "tremorcast: " << file_ << ": " << PlainText(read.status().message()) << "\n";
      return ExitCode::kFailed;
    }
    std::set<std::string> sources;
    for (const SeismicEvent& event : read->events) sources.insert(event.source);
    if (!source_.empty()) sources = {source_};
    if (sources.empty() && !until_.empty()) {
      console.err() << "tremorcast catalog import: " << file_
                    << " lists no event, so it does not say which catalogue is complete: add --source NAME\n";
      return ExitCode::kUsage;
    }
    ListLines(console, *read);
    ImportCounts counts;
    std::vector<EventWithdrawal> withdrawn = Withdrawals(*read);
    grpc::Status status = AddRelocated(context, read->events, withdrawn);
    if (status.ok()) status = ImportEvents(context.client, {read->events, withdrawn}, counts);
    // What was imported before a failure counts; nothing is said of a catalogue that is half in.
    std::vector<v1::CompletenessStatement> complete;
    if (status.ok() && !not_complete_) status = State(context, *read, sources, stated, complete);
    json_ ? PrintJson(console, *read, counts, complete) : Print(console, *read, counts, complete);
    if (!status.ok()) return Report(console, context.client, "catalog import", status);
    return LostOf(*read).empty() ? ExitCode::kOk : ExitCode::kPartial;
  }

 private:
  static std::vector<LostEvent> LostOf(const CatalogueText& read) {
    std::vector<LostEvent> lost;
    for (const BadEvent& bad : read.bad_lines) {
      if (bad.lost) lost.push_back(bad);
    }
    return lost;
  }

  // A catalogue without ids names its events by time and place, so that one it moved would stand twice.
  static grpc::Status AddRelocated(CommandContext& context, const std::vector<SeismicEvent>& events,
                                   std::vector<EventWithdrawal>& withdrawn) {
    Interval span = {absl::InfiniteFuture(), absl::InfinitePast()};
    for (const SeismicEvent& event : events) {
      if (!HasDerivedName(event)) continue;
      span = {std::min(span.begin, event.origin_time), std::max(span.end, event.origin_time)};
    }
    if (span.begin > span.end) return grpc::Status::OK;
    v1::ListEventsRequest request;
    FillTime(span.begin - kMergeReach, request.mutable_start_time());
    FillTime(span.end + kMergeReach, request.mutable_end_time());
    std::vector<v1::SeismicEvent> listed;
    v1::ListEventsResponse last;
    RETURN_IF_ERROR(FetchEvents(context.client, request, listed, last));
    std::vector<SeismicEvent> stored;
    for (const v1::SeismicEvent& event : listed) stored.push_back(ToEvent(event));
    const std::vector<EventWithdrawal> relocated = Relocated(stored, events);
    withdrawn.insert(withdrawn.end(), relocated.begin(), relocated.end());
    return grpc::Status::OK;
  }

  std::string ReadPeriod(Interval& period) const {
    if (not_complete_ && !until_.empty()) return "--complete-until and --not-complete exclude each other";
    if (until_.empty() && !from_.empty()) return "--complete-from goes with --complete-until";
    const std::pair<const std::string*, absl::Time*> given[] = {{&from_, &period.begin}, {&until_, &period.end}};
    for (const auto& [flag, time] : given) {
      if (flag->empty()) continue;
      const absl::StatusOr<absl::Time> parsed = ParseTime(*flag);
      if (!parsed.ok()) return std::string(parsed.status().message());
      *time = *parsed;
    }
    return until_.empty() || !period.empty() ? "" : "--complete-from must lie before --complete-until";
  }

  // Says how far each source is complete: what the person said or what the file shows, and in both
  // cases not past an event that was lost. Nothing where neither is known.
  grpc::Status State(CommandContext& context, const CatalogueText& read, const std::set<std::string>& sources,
                     const Interval& stated, std::vector<v1::CompletenessStatement>& complete) const {
    Console& console = context.console;
    const std::vector<LostEvent> lost = LostOf(read);
    std::vector<v1::Region> listed;
    RETURN_IF_ERROR(FetchRegions(context.client, listed));
    for (const std::string& source : sources) {
      std::vector<Region> regions;
      for (const v1::Region& region : listed) {
        if (region.simulated() == (source == kSimulatedSource)) regions.push_back(ToRegion(region));
      }
      Completeness statement;
      bool extend = true;
      if (until_.empty()) {
        std::vector<SeismicEvent> events;
        std::copy_if(read.events.begin(), read.events.end(), std::back_inserter(events),
                     [&](const SeismicEvent& event) { return event.source == source; });
        CompletenessGuess guess = InferCompleteness(source, events, lost, regions);
        if (!guess.reason.empty()) {
          console.err() << guess.reason << (guess.statement ? "" : "; if it is, say --complete-until TIME") << "\n";
        }
        if (!guess.statement.has_value()) continue;
        statement = *std::move(guess.statement);
        statement.period.end = std::min(statement.period.end, context.pacer.Now());
      } else {
        statement.source = source;
        statement.period = StopAtLost(stated, lost, regions);
        statement.note = "with an import";
        extend = statement.period != stated;  // what a lost event cuts short is no wish to lower
        if (statement.period.empty()) {
          console.err() << source << " is not taken as complete: a line that could not be read may have been an event "
                        << "at the very begin of the period. Mend it, or say 'tremorcast catalog complete " << source
                        << " --until TIME'\n";
          continue;
        }
        if (extend) console.err() << source << ": the first event that could not be read ends its completeness\n";
      }
      RETURN_IF_ERROR(StateCompleteness(context.client, statement, extend, &complete.emplace_back()));
    }
    return grpc::Status::OK;
  }

  static void Print(Console& console, const CatalogueText& read, const ImportCounts& counts,
                    const std::vector<v1::CompletenessStatement>& complete) {
    console.out() << CatalogueFormatName(read.format) << ": " << Grouped(counts.inserted) << " new, "
                  << Grouped(counts.revised) << " revised, " << Grouped(counts.unchanged) << " as they were\n";
    if (counts.outdated > 0) console.out() << Grouped(counts.outdated) << " older than what is known, left alone\n";
    if (read.events.empty() && read.bad_lines.empty() && read.others.empty()) console.out() << "no event is listed\n";
    std::map<std::string, int64_t> types;
    for (const OtherEvent& other : read.others) ++types[other.type];
    if (!types.empty()) {
      console.out() << "not imported, because they are no earthquakes: "
                    << absl::StrJoin(types, ", ",
                                     [](std::string* out, const auto& type) {
                                       absl::StrAppend(out, Grouped(type.second), " ", type.first);
                                     })
                    << "\n";
    }
    if (counts.withdrawn > 0)
      console.out() << Count(counts.withdrawn, "event")
                    << " taken out: no earthquakes any more, or listed under another time or place now\n";
    for (const v1::CompletenessStatement& one : complete) {
      console.out() << one.source() << " complete"
                    << (one.has_complete_from_time() ? " from " + FormatNetworkTime(ToTime(one.complete_from_time()))
                                                     : "")
                    << " until " << FormatNetworkTime(ToTime(one.complete_until_time()))
                    << absl::StrFormat(" for M %.1f and larger (statement %d)\n", one.magnitude(), one.id());
    }
  }

  static void PrintJson(Console& console, const CatalogueText& read, const ImportCounts& counts,
                        const std::vector<v1::CompletenessStatement>& complete) {
    const size_t lost = LostOf(read).size();
    nlohmann::ordered_json json = {{"format", CatalogueFormatName(read.format)},
                                   {"inserted", counts.inserted},
                                   {"revised", counts.revised},
                                   {"unchanged", counts.unchanged},
                                   {"outdated", counts.outdated},
                                   {"withdrawn", counts.withdrawn},
                                   {"rejected_lines", lost},
                                   {"repeated_lines", read.bad_lines.size() - lost},
                                   {"fields_left_out", read.left_out.size()},
                                   {"not_earthquakes", read.others.size()},
                                   {"comment_lines", read.comments},
                                   {"complete_until", nlohmann::ordered_json::object()}};
    for (const v1::CompletenessStatement& one : complete)
      json["complete_until"][one.source()] = FormatUtc(ToTime(one.complete_until_time()));
    console.out() << json.dump() << "\n";
  }

  void ListLines(Console& console, const CatalogueText& read) const {
    console.err() << file_ << ": read as " << CatalogueFormatTitle(read.format) << "\n";
    const auto list = [&](const auto& lines, absl::string_view end) {
      for (size_t i = 0; i < lines.size() && i < kShownLines; ++i)
        console.err() << file_ << ":" << lines[i].line << ": " << PlainText(lines[i].reason) << end << "\n";
      if (lines.size() > kShownLines) console.err() << "... and " << lines.size() - kShownLines << " more lines\n";
    };
    list(read.bad_lines, "");
    list(read.left_out, "; left out, the event is read");
  }

  std::string file_, format_, source_, from_, until_;
  bool not_complete_ = false, json_ = false;
};

}  // namespace

CommandSpec CatalogImportSpec() {
  return {
      "catalog import",
      "Load an earthquake catalogue",
      "The format is found out and said. Importing again is harmless: an event that differs becomes its next "
      "revision. Lines that cannot be read are listed and the others imported (exit code 4). Weeks are verified only "
      "as far as a catalogue is complete: see 'tremorcast catalog complete'.",
      {"tremorcast catalog import eqlst.csv", "tremorcast catalog import cenc.csv --complete-until 2022-05-03",
       "tremorcast catalog import --format fdsn events.txt",
       "tremorcast catalog import quiet-week.txt --source fdsn:isc --complete-until 2022-05-03"},
      [] { return std::make_unique<CatalogImport>(); }};
}

}  // namespace tremorcast::cli
