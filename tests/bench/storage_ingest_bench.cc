// Durable ingest through the store against raw COPY BINARY of the same rows into the same partition
// of the same server, in one run.
//
//   storage_ingest_bench [--stations=131] [--slots=1008] [--slots_per_batch=144] [--batches_per_group=64] [--rounds=5]
//
// One row per (station, slot, signal); PostgreSQL as shipped (fsync and synchronous_commit on).
// Before each pass the tables are emptied and a checkpoint is made, so that no pass pays for
// another's pages. Prints rows/s as median [smallest, largest] over the rounds.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>

#include "storage/ingest/copy_rows.h"
#include "storage/postgres/pg_connection.h"
#include "storage/schema/partitions.h"
#include "storage/store.h"
#include "tests/support/batches.h"
#include "tests/support/ingest_tables.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast {
namespace {

struct Settings {
  int stations = 131, slots = kSlotsPerWeek, slots_per_batch = 144, batches_per_group = 64, rounds = 5;
};

absl::Time Later() { return absl::Now() + absl::Minutes(10); }

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

// Time by time, all stations at each, as a network of live loggers sends them.
std::vector<ObservationBatch> MakeBatches(const Settings& settings, const std::string& prefix) {
  std::vector<ObservationBatch> batches;
  for (int first = 0; first < settings.slots; first += settings.slots_per_batch) {
    const int count = std::min(settings.slots_per_batch, settings.slots - first);
    for (int s = 0; s < settings.stations; ++s) {
      BatchMaker maker(absl::StrCat("station-", s), absl::StrCat(prefix, "-", first));
      maker.Rows(first, count, Signal::kMagn, s).Rows(first, count, Signal::kSound, s);
      batches.push_back(maker.Make());
    }
  }
  return batches;
}

class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings), batches_(MakeBatches(settings, "first")), again_(MakeBatches(settings, "again")) {
    auto database = TempCluster::Shared().CreateDatabase();
    Check(database.status());
    conninfo_ = *database;
    auto admin = PgConnection::Open(conninfo_, "bench", Later());
    Check(admin.status());
    admin_ = *std::move(admin);
    straight_ = Open(true);
    careful_ = Open(false);
    Check(straight_->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}));
    for (const ObservationBatch& batch : batches_) rows_ += static_cast<int64_t>(batch.rows.size());
    EncodeForRawCopy();
  }

  void Run() {
    for (int round = 0; round < settings_.rounds; ++round) {
      Measure("raw COPY BINARY, one commit", [&] { RawCopy(raw_); });
      Measure("raw COPY BINARY, a commit per group", [&] {
        for (const std::string& piece : raw_groups_) RawCopy(piece);
      });
      Measure("store, straight path", [&] { Ingest(*straight_, batches_, Verdict::kAccepted); });
      Empty();
      Measure("store, careful path", [&] { Ingest(*careful_, batches_, Verdict::kAccepted); });
      Measure(
          "store, every row a duplicate", [&] { Ingest(*careful_, again_, Verdict::kDuplicate); }, /*empty=*/false);
    }
    Report();
  }

 private:
  std::unique_ptr<Store> Open(bool straight_copy) {
    StoreOptions options;
    options.conninfo = conninfo_;
    options.straight_copy = straight_copy;
    auto store = OpenStore(options);
    Check(store.status());
    return *std::move(store);
  }

  void Empty() {
    for (const std::string& statement : EmptyIngestTables()) Check(admin_->Exec(statement, Later()).status());
  }

  void Measure(const std::string& what, const std::function<void()>& body, bool empty = true) {
    if (empty) Empty();
    Check(admin_->Exec("CHECKPOINT", Later()).status());
    const absl::Time start = absl::Now();
    body();
    seconds_[what].push_back(absl::ToDoubleSeconds(absl::Now() - start));
    if (seconds_[what].size() == 1) order_.push_back(what);
  }

  std::string Encode(absl::Span<const ObservationBatch* const> batches) {
    const IngestGroup group = PlanIngest(batches);
    std::string bytes;
    CopyEncoder encoder(group, false, [&](absl::string_view piece) {
      bytes.append(piece.data(), piece.size());
      return absl::OkStatus();
    });
    for (const PlannedRow& row : group.rows) Check(encoder.Add(row));
    Check(encoder.Finish());
    return bytes;
  }

  void EncodeForRawCopy() {
    std::vector<const ObservationBatch*> all;
    for (const ObservationBatch& batch : batches_) all.push_back(&batch);
    raw_ = Encode(all);
    for (size_t at = 0; at < all.size(); at += settings_.batches_per_group) {
      raw_groups_.push_back(Encode(absl::MakeSpan(all).subspan(at, settings_.batches_per_group)));
    }
  }

  void RawCopy(const std::string& bytes) {
    constexpr size_t kPiece = 256 * 1024;
    Check(admin_->BeginCopy(
        absl::StrCat("COPY ", PartitionName(TestWeek()), " (", kCopyColumns, ") FROM STDIN (FORMAT binary)"), Later()));
    for (size_t at = 0; at < bytes.size(); at += kPiece)
      Check(admin_->SendCopy(absl::string_view(bytes).substr(at, kPiece), Later()));
    Check(admin_->EndCopy(Later()));
  }

  void Ingest(Store& store, const std::vector<ObservationBatch>& batches, Verdict expected) {
    for (size_t at = 0; at < batches.size(); at += settings_.batches_per_group) {
      std::vector<const ObservationBatch*> group;
      for (size_t i = at; i < std::min(batches.size(), at + settings_.batches_per_group); ++i)
        group.push_back(&batches[i]);
      for (const auto& result : store.observations().Ingest(group, Later())) {
        Check(result.status());
        for (const RowVerdict& row : result->verdicts) {
          if (row.verdict != expected) Check(absl::InternalError("an unexpected verdict"));
        }
      }
    }
  }

  void Report() {
    std::printf("%lld rows, %d stations, %d slots, %zu batches, %d batches per group\n", static_cast<long long>(rows_),
                settings_.stations, settings_.slots, batches_.size(), settings_.batches_per_group);
    double yardstick = 0;
    for (const std::string& what : order_) {
      std::vector<double> times = seconds_[what];
      std::sort(times.begin(), times.end());
      const double median = static_cast<double>(rows_) / times[times.size() / 2];
      if (yardstick == 0) yardstick = median;
      std::printf("%-38s %9.0f rows/s [%.0f, %.0f]  %.2f of raw COPY\n", what.c_str(), median,
                  static_cast<double>(rows_) / times.back(), static_cast<double>(rows_) / times.front(),
                  median / yardstick);
    }
  }

  const Settings settings_;
  const std::vector<ObservationBatch> batches_, again_;
  std::string conninfo_, raw_;
  std::vector<std::string> raw_groups_;
  std::unique_ptr<PgConnection> admin_;
  std::unique_ptr<Store> straight_, careful_;
  int64_t rows_ = 0;
  std::map<std::string, std::vector<double>> seconds_;
  std::vector<std::string> order_;
};

bool ParseArgument(const std::string& argument, Settings* settings) {
  const std::vector<std::string> parts = absl::StrSplit(argument, '=');
  std::map<std::string, int*> names = {{"--stations", &settings->stations},
                                       {"--slots", &settings->slots},
                                       {"--slots_per_batch", &settings->slots_per_batch},
                                       {"--batches_per_group", &settings->batches_per_group},
                                       {"--rounds", &settings->rounds}};
  return parts.size() == 2 && names.contains(parts[0]) && absl::SimpleAtoi(parts[1], names[parts[0]]) &&
         *names[parts[0]] > 0;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  tremorcast::Settings settings;
  for (int i = 1; i < argc; ++i) {
    if (!tremorcast::ParseArgument(argv[i], &settings)) {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  tremorcast::Bench(settings).Run();
  return 0;
}
