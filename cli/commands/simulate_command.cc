// tremorcast simulate

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <system_error>
#include <thread>
#include <utility>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/ingest/file_feed.h"
#include "cli/ingest/ingest_run.h"
#include "cli/ingest/ingest_stream.h"
#include "cli/ingest/progress.h"
#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/readers/aeta_csv.h"
#include "core/readers/catalogue_csv.h"
#include "core/readers/station_csv.h"
#include "core/simulator/simulator.h"
#include "files/text_file.h"
#include "formats/regions_json.h"

namespace tremorcast::cli {
namespace {

// The rows of one station and week that lie in `period`, as a batch whose id names its content.
std::shared_ptr<FileBatch> MakeBatch(const Simulator& simulator, int station, int week, const Interval& period,
                                     const std::string& run_id, const std::shared_ptr<FileState>& state) {
  auto batch = std::make_shared<FileBatch>();
  batch->file = state;
  v1::ObservationBatch* out = batch->request.mutable_batch();
  const std::string id = simulator.stations()[static_cast<size_t>(station)].id.value();
  Sha256Stream digest;
  const std::vector<SimulatedRow> rows = simulator.Rows(station, week).value();  // slots_per_week is 1008
  for (size_t i = 0; i < rows.size(); ++i) {
    const SimulatedRow& row = rows[i];
    if (row.slot.end() > period.end) break;
    if (row.slot.start() < period.begin) continue;
    v1::ObservationRow* to = out->add_rows();
    to->mutable_slot_time()->set_seconds(row.slot.index * 600);
    to->set_signal(row.signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
    to->mutable_values()->Add(row.values.begin(), row.values.end());
    batch->lines.push_back(static_cast<int64_t>(i) + 1);
    digest.UpdateField(
        absl::string_view(reinterpret_cast<const char*>(row.values.data()), row.values.size() * sizeof(float)));
  }
  out->set_station(absl::StrCat("stations/", id));
  out->set_batch_id(absl::StrCat("simulated-", absl::ToUnixSeconds(simulator.Week(week).begin), "-",
                                 HexOf(digest.Finish()).substr(0, 24), "-", run_id));
  out->set_source(absl::StrCat("simulator/", simulator.config().seed));
  out->set_position(absl::StrCat("week ", week));
  out->set_delivery(v1::DELIVERY_BACKFILL);
  out->set_feature_schema_hash(FeatureSchemaHash());
  return batch;
}

class SimulateCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {
        {"--out", "write files into this folder instead of sending to the server", &out_, false, {}},
        {"--seed", "everything follows from it", &seed_, false, {}},
        {"--regions", "number of regions", &regions_, false, {}},
        {"--stations", "stations per region", &stations_, false, {}},
        {"--weeks", "whole weeks of rows", &weeks_, false, {}},
        {"--start",
         "start of the first week, a Sunday (default: so that the last week ends with the last Sunday)",
         &start_,
         false,
         {}},
        {"--until-now", "also the rows of the week that is not over yet", &until_now_, false, {}},
        {"--as-of", "as if it were this time: no later rows and events", &as_of_, false, {}},
        {"--since", "rows from this time on only; catalogue and network as ever", &since_, false, {}},
        {"--precursor", "strength of the planted precursor, robust units; 0 plants none", &precursor_, false, {}},
        {"--passing-precursor",
         "STRENGTH:FROM-UNTIL: another precursor in place of the first, in the weeks FROM to UNTIL - 1 (counted from "
         "0)",
         &passing_,
         false,
         {}},
        {"--event-rate", "probability of M >= 3.5 per region and week", &event_rate_, false, {}},
        {"--no-clustering", "events of different weeks have nothing to do with each other", &no_clustering_, false, {}},
        {"--whole-box", "add one region over all of them", &whole_box_, false, {}},
        {"--gap-rate", "gaps per week and signal", &gap_rate_, false, {}},
        {"--dead-rate", "probability that a signal dies in a week (zeros)", &dead_rate_, false, {}},
        {"--stale-rate", "probability that a signal freezes in a week (repeated rows)", &stale_rate_, false, {}},
        {"--jobs", "streams at the same time", &jobs_, false, {}},
        {"--json", "print the verdict summary as JSON", &json_, false, {}},
    };
  }

  ExitCode Run(CommandContext& context) override {
    now_ = absl::FromUnixSeconds(absl::ToUnixSeconds(context.pacer.Now()));
    absl::Status times = ReadTime("--as-of", as_of_, now_);
    if (times.ok()) times = ReadTime("--since", since_, from_);
    absl::StatusOr<SimulatorConfig> config = times.ok() ? Config() : times;
    absl::StatusOr<Simulator> simulator = config.ok() ? Simulator::Create(*config) : config.status();
    if (!simulator.ok() || jobs_ < 1 || jobs_ > 64) {
      context.console.err() << "tremorcast simulate: "
                            << (simulator.ok() ? "--jobs must be 1 to 64" : std::string(simulator.status().message()))
                            << "\n";
      return ExitCode::kUsage;
    }
    // Nobody knows the events of days to come.
    std::vector<SeismicEvent> events = simulator->events();
    events.erase(
        std::remove_if(events.begin(), events.end(), [&](const SeismicEvent& e) { return e.origin_time > now_; }),
        events.end());
    return out_.empty() ? Send(context, *simulator, events) : WriteFiles(context, *simulator, events);
  }

 private:
  absl::StatusOr<SimulatorConfig> Config() const {
    SimulatorConfig config;
    config.seed = static_cast<uint64_t>(seed_);
    config.regions = static_cast<int>(regions_);
    config.stations_per_region = static_cast<int>(stations_);
    config.weeks = static_cast<int>(weeks_) + (until_now_ ? 1 : 0);
    config.whole_network = whole_box_;
    config.clustered = !no_clustering_;
    config.precursor_strength = precursor_;
    config.event_rate = event_rate_;
    config.gap_rate = gap_rate_;
    config.dead_rate = dead_rate_;
    config.stale_rate = stale_rate_;
    config.first_week = WeekGrid::Service().At(WeekGrid::Service().Containing(now_).begin, -weeks_).begin;
    RETURN_IF_ERROR(ReadTime("--start", start_, config.first_week));
    if (!passing_.empty() && !ReadPassing(config)) {
      return absl::InvalidArgumentError("--passing-precursor must be STRENGTH:FROM-UNTIL, such as 5:40-60");
    }
    return config;
  }

  static absl::Status ReadTime(absl::string_view flag, const std::string& text, absl::Time& time) {
    if (text.empty()) return absl::OkStatus();
    const absl::StatusOr<absl::Time> read = ParseTime(text);
    if (!read.ok()) return absl::InvalidArgumentError(absl::StrCat(flag, ": ", read.status().message()));
    time = *read;
    return absl::OkStatus();
  }

  bool ReadPassing(SimulatorConfig& config) const {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(passing_, absl::MaxSplits(':', 1));
    const std::pair<absl::string_view, absl::string_view> weeks = absl::StrSplit(parts.second, absl::MaxSplits('-', 1));
    return absl::SimpleAtod(parts.first, &config.passing_strength) &&
           absl::SimpleAtoi(weeks.first, &config.passing_from) && absl::SimpleAtoi(weeks.second, &config.passing_until);
  }

  Interval Period() const { return {from_, now_}; }
  bool Asked(const Interval& week) const { return week.end > from_ && week.begin < now_; }

  absl::Time CompleteUntil(const Simulator& simulator) const {
    return std::min(now_, simulator.Week(simulator.config().weeks).end);
  }

  ExitCode WriteFiles(CommandContext& context, const Simulator& simulator,
                      const std::vector<SeismicEvent>& events) const {
    const auto fail = [&](absl::string_view why) {
      context.console.err() << "tremorcast simulate: " << why << "\n";
      return ExitCode::kFailed;
    };
    std::error_code error;
    std::filesystem::create_directories(out_, error);
    if (error) return fail(absl::StrCat(out_, ": ", error.message()));
    const std::filesystem::path folder(out_);
    for (const auto& [name, text] : {std::make_pair("stations.csv", WriteStations(simulator.stations())),
                                     std::make_pair("regions.json", WriteRegions(simulator.regions())),
                                     std::make_pair("catalogue.txt", WriteFdsnText(events))}) {
      if (absl::Status status = WriteTextFile((folder / name).string(), text); !status.ok())
        return fail(status.message());
    }
    int64_t rows = 0;
    for (int s = 0; s < simulator.station_count(); ++s) {
      if (context.pacer.Interrupted()) return fail("interrupted");
      const std::string id = simulator.stations()[static_cast<size_t>(s)].id.value();
      std::string text[kSignalCount] = {AetaCsvHeader(Signal::kMagn), AetaCsvHeader(Signal::kSound)};
      for (int week = 0; week < simulator.config().weeks; ++week) {
        if (!Asked(simulator.Week(week))) continue;
        const std::vector<SimulatedRow> all = simulator.Rows(s, week).value();
        for (const SimulatedRow& row : all) {
          if (row.slot.end() > now_) break;
          if (row.slot.start() < from_) continue;
          AppendAetaCsvRow(id, row.slot.index * 600, row.values, text[static_cast<size_t>(row.signal)]);
          ++rows;
        }
      }
      for (Signal signal : {Signal::kMagn, Signal::kSound}) {
        const std::string path = (folder / absl::StrCat(id, "_", SignalName(signal), ".csv")).string();
        if (absl::Status status = WriteTextFile(path, text[static_cast<size_t>(signal)]); !status.ok())
          return fail(status.message());
      }
    }
    context.console.out() << "wrote " << Count(rows, "row") << " of " << Count(simulator.station_count(), "station")
                          << ", " << Count(static_cast<int64_t>(events.size()), "event") << " to " << out_ << "\n"
                          << "load them:  tremorcast stations import " << (folder / "stations.csv").string()
                          << "; tremorcast regions import " << (folder / "regions.json").string()
                          << "; tremorcast catalog import " << (folder / "catalogue.txt").string()
                          << " --source simulated --complete-until " << FormatUtc(CompleteUntil(simulator))
                          << "; tremorcast ingest " << out_ << "\n";
    return ExitCode::kOk;
  }

  ExitCode Send(CommandContext& context, const Simulator& simulator, const std::vector<SeismicEvent>& events) {
    UpsertCounts stations, regions;
    ImportCounts imported;
    grpc::Status status = UpsertStations(context.client, simulator.stations(), {}, stations);
    if (status.ok()) status = UpsertRegions(context.client, simulator.regions(), {}, regions);
    if (status.ok()) status = ImportEvents(context.client, {events, {}}, imported);
    Completeness complete;
    complete.source = kSimulatedSource;
    complete.period.end = CompleteUntil(simulator);
    complete.note = "tremorcast simulate";
    if (status.ok()) status = StateCompleteness(context.client, complete, true);
    if (!status.ok()) return Report(context.console, context.client, "simulate", status);
    if (!json_) {
      context.console.out() << Count(simulator.station_count(), "station") << ", "
                            << Count(static_cast<int64_t>(simulator.regions().size()), "region") << ", "
                            << Count(static_cast<int64_t>(events.size()), "event") << " registered\n";
    }
    const std::unique_ptr<Tally> tally = Tally::Create(context.console, "").value();
    const absl::Time began = context.pacer.Now();
    ExitCode code = ExitCode::kOk;
    {
      ProgressCounters counters;
      const Progress progress(context.console, *tally, counters);
      code = SendRows(context, simulator, *tally);
    }
    const absl::Duration took = context.pacer.Now() - began;
    (void)tally->Finish(took, !json_);  // no file to write
    if (json_) context.console.out() << tally->SummaryJson(took) << "\n";
    return Worse(code, tally->exit_code());
  }

  // Stations are dealt out to the streams; each sends its stations' weeks in order of time.
  ExitCode SendRows(CommandContext& context, const Simulator& simulator, Tally& tally) const {
    const auto state = std::make_shared<FileState>();
    state->path = "simulated rows";
    const std::string run_id = NewRunId();
    std::atomic<int> failures{0};
    ExitCode code = ExitCode::kOk;
    absl::Mutex mutex;
    const int jobs = static_cast<int>(std::min<int64_t>(jobs_, simulator.station_count()));
    const auto lane = [&](int first) {
      IngestStream stream(
          context.client, context.pacer, IngestStream::Options(),
          [&tally](const OutgoingBatch& batch, const v1::StreamObservationsResponse& response) {
            CountAnswer(static_cast<const FileBatch&>(batch), response, tally);
          },
          [&tally](const grpc::Status& broken, absl::Duration) {
            tally.Say(absl::StrCat("the server went away (", broken.ok() ? "it is draining" : Explain(broken),
                                   "); trying again"));
          });
      grpc::Status status;
      for (int week = 0; week < simulator.config().weeks && status.ok() && failures == 0; ++week) {
        if (!Asked(simulator.Week(week))) continue;
        for (int s = first; s < simulator.station_count() && status.ok() && failures == 0; s += jobs) {
          if (context.pacer.Interrupted()) status = grpc::Status(grpc::StatusCode::CANCELLED, "interrupted");
          const auto batch = MakeBatch(simulator, s, week, Period(), run_id, state);
          if (status.ok() && !batch->lines.empty()) status = stream.Send(batch);
        }
      }
      if (status.ok()) status = stream.Close();
      if (status.ok()) return;
      ++failures;
      absl::MutexLock lock(&mutex);
      tally.Say(absl::StrCat("tremorcast simulate: ", Explain(status)));
      code = Worse(code, ExitCodeFor(status));
    };
    std::vector<std::thread> threads;
    for (int j = 1; j < jobs; ++j) threads.emplace_back(lane, j);
    lane(0);
    for (std::thread& thread : threads) thread.join();
    return code;
  }

  std::string out_, start_, as_of_, since_, passing_;
  int64_t seed_ = 1, regions_ = 8, stations_ = 3, weeks_ = 8, jobs_ = 2;
  double precursor_ = 0, event_rate_ = SimulatorConfig().event_rate, gap_rate_ = SimulatorConfig().gap_rate,
         dead_rate_ = SimulatorConfig().dead_rate, stale_rate_ = SimulatorConfig().stale_rate;
  bool until_now_ = false, no_clustering_ = false, whole_box_ = false, json_ = false;
  absl::Time now_, from_ = absl::InfinitePast();
};

}  // namespace

CommandSpec SimulateSpec() {
  return {"simulate",
          "Make up a network: stations, regions, catalogue and rows",
          "Realistic ranges, daily cycles, storms, drift, gaps, dead and stale sensors, a Gutenberg-Richter catalogue "
          "and, if asked for, a planted "
          "precursor. All of it is flagged as simulated: forecasts of such regions carry the purpose TEST. The same "
          "flags give the same rows.",
          {"tremorcast simulate --seed 7 --weeks 4", "tremorcast simulate --precursor 3 --weeks 208",
           "tremorcast simulate --out /tmp/network --regions 2"},
          [] { return std::make_unique<SimulateCommand>(); }};
}

}  // namespace tremorcast::cli
