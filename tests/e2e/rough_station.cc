// rough_station: a station's data logger at its worst, for fault tests. Each of its stations sends
// a fixed plan of small batches: rows in and out of order, ahead of their time, repeated with the
// same or with other values, batches sent twice. What it sends follows from the batch's number
// alone, so a run that was killed goes on from GetIngestPosition with the same bytes.
//
//   rough_station plan  BATCHES DIR              writes stations.csv, and what must be stored in the end as AETA files
//   rough_station send  BATCHES SERVER ACKED     sends; appends a line to ACKED for each row that was acknowledged as
//                                                stored, before it sends on: station, signal, Unix time, verdict
//
// Exit 0: every batch was answered.

#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "cli/calls/client.h"
#include "cli/ingest/ingest_stream.h"
#include "cli/text/console.h"
#include "core/base/random.h"
#include "core/base/time_grid.h"
#include "core/observation/feature_schema.h"
#include "core/readers/aeta_csv.h"
#include "core/readers/station_csv.h"
#include "files/text_file.h"

namespace tremorcast {
namespace {

constexpr int kStations = 3;
constexpr int kNewSlots = 6;    // of each batch, in order of time
constexpr int kOtherSlots = 4;  // anywhere from the beginning to some days ahead
constexpr int kDaysAhead = 3;
constexpr char kSource[] = "rough";

std::string StationOf(int station) { return absl::StrCat("ROUGH", station); }
Slot FirstSlot() { return SlotContaining(WeekGrid::Service().Containing(absl::FromUnixSeconds(1'700'000'000)).begin); }

struct PlannedRow {
  Slot slot;
  Signal signal = Signal::kMagn;
  std::vector<float> values;
};

PlannedRow MakeRow(int station, int64_t slot, Signal signal, uint64_t salt) {
  PlannedRow row{{FirstSlot().index + slot}, signal, {}};
  RandomStream values(
      {static_cast<uint64_t>(station), static_cast<uint64_t>(slot), static_cast<uint64_t>(signal), salt});
  for (int c = 0; c < FeatureCount(signal); ++c) row.values.push_back(static_cast<float>(values.Uniform(0, 100)));
  return row;
}

std::vector<PlannedRow> BatchOf(int station, int number) {
  RandomStream random({static_cast<uint64_t>(station), static_cast<uint64_t>(number)});
  std::vector<PlannedRow> rows;
  const int64_t next = int64_t{number} * kNewSlots;
  for (int k = 0; k < kNewSlots; ++k) {
    for (const Signal signal : {Signal::kMagn, Signal::kSound}) rows.push_back(MakeRow(station, next + k, signal, 0));
  }
  for (int k = 0; k < kOtherSlots; ++k) {
    const auto slot = static_cast<int64_t>(random.Uniform(0, static_cast<double>(next + kDaysAhead * 144)));
    const Signal signal = random.Uniform() < 0.5 ? Signal::kMagn : Signal::kSound;
    rows.push_back(MakeRow(station, slot, signal, random.Uniform() < 0.2 ? 1 : 0));  // salt 1: other values
  }
  for (size_t i = rows.size() - 1; i > 0; --i) {
    std::swap(rows[i], rows[static_cast<size_t>(random.Uniform(0, static_cast<double>(i + 1)))]);
  }
  return rows;
}

class RoughBatch final : public cli::OutgoingBatch {
 public:
  RoughBatch(int station, int number) : rows(BatchOf(station, number)) {
    v1::ObservationBatch* batch = request.mutable_batch();
    batch->set_station(absl::StrCat("stations/", StationOf(station)));
    batch->set_batch_id(absl::StrCat("batch-", number));
    batch->set_source(kSource);
    batch->set_position(absl::StrCat(number));
    batch->set_delivery(v1::DELIVERY_BACKFILL);
    for (const PlannedRow& row : rows) {
      v1::ObservationRow* sent = batch->add_rows();
      sent->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(row.slot.start()));
      sent->set_signal(row.signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
      sent->mutable_values()->Add(row.values.begin(), row.values.end());
    }
  }
  const std::vector<PlannedRow> rows;
};

// ---- plan

bool WritePlan(int batches, const std::string& folder) {
  std::vector<Station> stations(kStations);
  for (int s = 0; s < kStations; ++s) {
    stations[static_cast<size_t>(s)].id = StationId(StationOf(s));
    stations[static_cast<size_t>(s)].title = StationOf(s);
    stations[static_cast<size_t>(s)].location = {30, 102.0 + s};
  }
  if (!WriteTextFile(absl::StrCat(folder, "/stations.csv"), WriteStations(stations)).ok()) return false;
  for (int s = 0; s < kStations; ++s) {
    std::map<std::pair<Signal, int64_t>, std::vector<float>> stored;  // the first of each key is kept
    for (int number = 0; number < batches; ++number) {
      for (PlannedRow& row : BatchOf(s, number)) stored.emplace(std::pair(row.signal, row.slot.index), row.values);
    }
    std::string text[] = {AetaCsvHeader(Signal::kMagn), AetaCsvHeader(Signal::kSound)};
    for (const auto& [key, values] : stored) {
      AppendAetaCsvRow(StationOf(s), key.second * 600, values, text[static_cast<size_t>(key.first)]);
    }
    for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
      const std::string path = absl::StrCat(folder, "/", StationOf(s), "_", SignalName(signal), ".csv");
      if (!WriteTextFile(path, text[static_cast<size_t>(signal)]).ok()) return false;
    }
  }
  return true;
}

// ---- send

// Waits until the service says where this station left off; batches before that are stored.
int FirstUnsent(const cli::Client& client, int station) {
  const auto stub = v1::IngestService::NewStub(client.channel());
  v1::GetIngestPositionRequest request;
  request.set_station(absl::StrCat("stations/", StationOf(station)));
  request.set_source(kSource);
  v1::GetIngestPositionResponse response;
  while (!client.Call(stub.get(), &v1::IngestService::Stub::GetIngestPosition, request, &response).ok()) {
    if (!cli::SystemPacer().Wait(absl::Milliseconds(100))) std::exit(1);
  }
  int last = -1;
  if (response.found() && !absl::SimpleAtoi(response.position(), &last)) std::exit(1);
  return last + 1;
}

// One line for each row that is stored, in one write: a kill cannot leave half of it and claim the
// rest.
void NoteAcknowledged(int acked, int station, const RoughBatch& batch, const v1::BatchVerdict& verdict) {
  std::vector<v1::Verdict> verdicts;
  for (const v1::VerdictRun& run : verdict.runs())
    verdicts.insert(verdicts.end(), static_cast<size_t>(run.row_count()), run.verdict());
  std::string lines;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i] == v1::VERDICT_REJECTED) continue;
    absl::StrAppend(&lines, StationOf(station), "\t", static_cast<int>(batch.rows[i].signal), "\t",
                    absl::ToUnixSeconds(batch.rows[i].slot.start()), "\t", v1::Verdict_Name(verdicts[i]), "\n");
  }
  if (write(acked, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) std::exit(1);
}

bool SendStation(const cli::Client& client, int station, int batches, int acked) {
  cli::IngestStream::Options options;
  options.retry_for = absl::InfiniteDuration();
  options.longest_pause = absl::Milliseconds(500);
  bool refused = false;
  cli::IngestStream stream(
      client, cli::SystemPacer(), options,
      [&](const cli::OutgoingBatch& batch, const v1::StreamObservationsResponse& response) {
        if (response.has_failure()) {
          refused = true;
          std::cerr << response.failure().ShortDebugString() << std::endl;
        }
        if (response.has_verdict()) {
          NoteAcknowledged(acked, station, static_cast<const RoughBatch&>(batch), response.verdict());
        }
      },
      [&](const grpc::Status& status, absl::Duration) {
        std::cerr << StationOf(station) << ": " << cli::Explain(status) << std::endl;
      });
  for (int number = FirstUnsent(client, station); number < batches; ++number) {
    const auto batch = std::make_shared<const RoughBatch>(station, number);
    // Every tenth batch goes out twice, as after an answer that was lost on the way.
    for (int copy = number % 10 == 0 ? 2 : 1; copy > 0; --copy) {
      if (const grpc::Status sent = stream.Send(batch); !sent.ok()) {
        std::cerr << cli::Explain(sent) << std::endl;
        return false;
      }
    }
  }
  return stream.Close().ok() && !refused;
}

bool Send(int batches, const std::string& server, const std::string& acked_file) {
  const int acked = open(acked_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (acked < 0) return false;
  const cli::Client client(server);
  bool sent[kStations] = {};
  std::vector<std::thread> threads;
  for (int s = 0; s < kStations; ++s)
    threads.emplace_back([&, s] { sent[s] = SendStation(client, s, batches, acked); });
  for (std::thread& thread : threads) thread.join();
  close(acked);
  for (const bool one : sent) {
    if (!one) return false;
  }
  return true;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  int batches = 0;
  if (argc == 4 && mode == "plan" && absl::SimpleAtoi(argv[2], &batches))
    return tremorcast::WritePlan(batches, argv[3]) ? 0 : 1;
  if (argc == 5 && mode == "send" && absl::SimpleAtoi(argv[2], &batches)) {
    return tremorcast::Send(batches, argv[3], argv[4]) ? 0 : 1;
  }
  std::cerr << "usage: rough_station plan BATCHES DIR | rough_station send BATCHES SERVER ACKED\n";
  return 2;
}
