#include "trainer/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_observations.h"
#include "tests/support/simulated_network.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

constexpr int kWeeks = 4;

SimulatorConfig CleanNetwork() {
  SimulatorConfig config;
  config.seed = 11;
  config.regions = 2;
  config.stations_per_region = 1;
  config.whole_network = true;
  config.weeks = kWeeks;
  config.event_rate = 0.5;
  config.clustered = false;
  config.gap_rate = config.outage_rate = config.dead_rate = config.stale_rate = 0;
  return config;
}

class DatasetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    simulator_ = std::make_unique<Simulator>(Simulator::Create(CleanNetwork()).value());
    ASSERT_TRUE(LoadSimulatedNetwork(*simulator_, {observations_, observations_, network_, events_}).ok());
    now_ = simulator_->Week(kWeeks).end + absl::Hours(24 * 30);
  }

  absl::StatusOr<std::unique_ptr<Dataset>> Build() {
    return BuildDataset({observations_, network_, events_}, options_, now_);
  }

  std::unique_ptr<Simulator> simulator_;
  FakeObservations observations_;
  FakeNetworkStore network_;
  FakeEventStore events_;
  DatasetOptions options_;
  absl::Time now_;
};

TEST_F(DatasetTest, LabelsEachRegionWithTheWeekAfterItsInput) {
  const auto data = Build();
  ASSERT_TRUE(data.ok()) << data.status();
  ASSERT_FALSE((*data)->weeks.empty());
  EXPECT_TRUE((*data)->simulated);
  const auto& regions = simulator_->regions();
  int events = 0;
  for (const RegionWeek& week : (*data)->weeks) {
    ASSERT_GE(week.sample, 0);
    EXPECT_EQ(week.whole_network, week.region.value() == "sim-all");
    const Sample& sample = (*data)->samples.samples[static_cast<size_t>(week.sample)];
    EXPECT_EQ(sample.windows.size(), week.whole_network ? 2u : 1u);
    for (const int window : sample.windows) {
      EXPECT_EQ((*data)->windows->key(window).start + kWeekLength, week.issue);
    }
    for (size_t r = 0; r < regions.size(); ++r) {
      if (regions[r].id != week.region || week.whole_network) continue;
      const int label_week = static_cast<int>((week.issue - simulator_->Week(0).begin) / kWeekLength);
      EXPECT_EQ(week.label >= 1, simulator_->EventWeek(static_cast<int>(r), label_week));
      events += week.label >= 1 ? 1 : 0;
    }
  }
  EXPECT_GT(events, 0);
}

TEST_F(DatasetTest, EqualSnapshotsHaveEqualHashesAndOthersHaveNot) {
  const std::string hash = Build().value()->data_hash;
  EXPECT_EQ(Build().value()->data_hash, hash);

  options_.grace = absl::Minutes(31);
  EXPECT_NE(Build().value()->data_hash, hash);
  options_.grace = absl::Minutes(30);
  options_.slots = 168;
  EXPECT_NE(Build().value()->data_hash, hash);
  options_.slots = kSlotsPerWeek;

  SeismicEvent event;
  event.source = "simulated";
  event.source_event_id = "one-more";
  event.origin_time = simulator_->Week(2).begin + absl::Hours(5);
  event.epicenter = simulator_->regions()[0].polygon[0];
  event.magnitude = 6;
  ASSERT_TRUE(events_.Import({&event, 1}, now_).ok());
  EXPECT_NE(Build().value()->data_hash, hash);
}

TEST_F(DatasetTest, SkipsWeeksWhoseCatalogueIsNotYetSettled) {
  const auto all = Build();
  ASSERT_TRUE(all.ok()) << all.status();
  const absl::Time last = (*all)->weeks.back().issue;
  EXPECT_EQ(last, simulator_->Week(kWeeks).begin);
  EXPECT_EQ((*all)->catalogue.end, simulator_->Week(kWeeks).end);

  // The catalogue reaches 72 h past the last label week: one hour more is not there yet.
  options_.settling = absl::Hours(73);
  EXPECT_EQ(Build().value()->weeks.back().issue, last - kWeekLength);
  options_.settling = absl::Hours(72);
  EXPECT_EQ(Build().value()->weeks.back().issue, last);

  // As of a moment inside the last label week, its outcome was unknown.
  options_.settling = absl::ZeroDuration();
  options_.as_of = simulator_->Week(kWeeks).end - absl::Seconds(1);
  events_.Import(simulator_->events(), simulator_->Week(0).begin).IgnoreError();
  const auto before = Build();
  if (before.ok()) {
    EXPECT_LT((*before)->weeks.back().issue, last);
  } else {
    // Revisions recorded later are not seen: as of then the catalogue was empty.
    EXPECT_THAT(std::string(before.status().message()), HasSubstr("catalogue is empty"));
  }
}

TEST_F(DatasetTest, RowsThatCameAfterTheIssueAreNotSeen) {
  // The same week again for one station, with a row that was not there when the forecast was
  // issued.
  const std::string hash = Build().value()->data_hash;
  const StationId station = simulator_->stations()[0].id;
  auto rows = simulator_->Rows(0, 1).value();
  Slot missing{-1};
  std::map<int64_t, bool> present;
  for (const SimulatedRow& row : rows) {
    if (row.signal == Signal::kMagn) present[row.slot.index] = true;
  }
  for (absl::Time t = simulator_->Week(1).begin; t < simulator_->Week(1).end; t += kSlotLength) {
    if (!present.contains(SlotContaining(t).index)) missing = SlotContaining(t);
  }
  ASSERT_GE(missing.index, 0) << "the simulated week misses no row";
  ObservationBatch late;
  late.station = station;
  late.batch_id = "late";
  late.source = "simulator";
  late.delivery = Delivery::kLive;
  late.content_hash = std::string(32, 'x');
  late.received_at = simulator_->Week(1).end + absl::Hours(24);
  late.checked.emplace_back();
  late.rows.push_back({missing, Signal::kMagn, 0});
  late.values = rows[0].values;
  const ObservationBatch* group[] = {&late};
  ASSERT_TRUE(observations_.Ingest(group, absl::InfiniteFuture())[0].ok());
  const auto sealed = observations_.Seal(station, simulator_->Week(1).begin, late.received_at);
  ASSERT_TRUE(sealed.ok());
  ASSERT_EQ(sealed->key.revision, 2);
  EXPECT_EQ(Build().value()->data_hash, hash);
  options_.grace = absl::Hours(25);
  const auto later = Build();
  ASSERT_TRUE(later.ok());
  bool second = false;
  for (int i = 0; i < (*later)->windows->size(); ++i) second |= (*later)->windows->key(i).revision == 2;
  EXPECT_TRUE(second);
}

TEST_F(DatasetTest, RealNetworksSeeNoSimulatedRowsAndTheOtherWayRound) {
  options_.network = NetworkChoice::kReal;
  auto none = Build();
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("no real region"));

  Region real = simulator_->regions()[0];
  real.id = RegionId("real");
  real.simulated = false;
  ASSERT_TRUE(network_.UpsertRegion(real).ok());
  options_.network = NetworkChoice::kAuto;
  // Only simulated events and stations are there, and they are not the real region's.
  EXPECT_THAT(std::string(Build().status().message()), HasSubstr("catalogue is empty"));
  options_.network = NetworkChoice::kSimulated;
  const auto data = Build();
  ASSERT_TRUE(data.ok()) << data.status();
  for (const RegionWeek& week : (*data)->weeks) EXPECT_NE(week.region.value(), "real");
}

TEST_F(DatasetTest, WindowsBeyondTheMemoryAreReadAgainWithTheSameValues) {
  options_.slots = 168;
  const auto held = Build().value();
  options_.memory_bytes = 95 * 168 * 4 + 1;
  const auto read_again = Build().value();
  ASSERT_EQ(held->windows->size(), read_again->windows->size());
  EXPECT_EQ(held->windows->held_in_memory(), held->windows->size());
  EXPECT_EQ(read_again->windows->held_in_memory(), 1);
  EXPECT_EQ(held->data_hash, read_again->data_hash);
  std::vector<float> a(95 * 168), b(95 * 168);
  for (int i = 0; i < held->windows->size(); ++i) {
    ASSERT_TRUE(held->windows->Read(i, absl::MakeSpan(a)).ok());
    ASSERT_TRUE(read_again->windows->Read(i, absl::MakeSpan(b)).ok());
    for (size_t k = 0; k < a.size(); ++k) {
      ASSERT_TRUE(a[k] == b[k] || (std::isnan(a[k]) && std::isnan(b[k]))) << i << " " << k;
    }
  }
}

// Issued three days after the week begins, of one day: the input is the end of one week and the begin
// of the next, and the label is of that day alone.
TEST_F(DatasetTest, AnotherQuestionHasOtherWindowsAndLabels) {
  const auto weekly = Build().value();
  options_.question = {3, 1};
  const auto built = Build();
  ASSERT_TRUE(built.ok()) << built.status();
  const Dataset& data = **built;
  EXPECT_NE(data.data_hash, weekly->data_hash);
  ASSERT_FALSE(data.weeks.empty());
  for (const RegionWeek& week : data.weeks) {
    EXPECT_TRUE(options_.question.Grid().IsStart(week.issue)) << week.issue;
    const auto region = std::find_if(data.regions.begin(), data.regions.end(),
                                     [&](const Region& one) { return one.id == week.region; });
    EXPECT_EQ(week.label,
              LabelRegion(*region, {week.issue, week.issue + absl::Hours(24)}, data.events, options_.classes)
                  .magnitude_class);
  }
  // Some sample whose two weeks are both there.
  const absl::Time first = simulator_->Week(0).begin;
  std::vector<float> stitched(95 * kSlotsPerWeek), before(stitched.size()), after(stitched.size());
  int compared = 0;
  for (int w = 0; w < data.windows->size(); ++w) {
    const WindowKey& key = data.windows->key(w);
    if (key.start != first + absl::Hours(72)) continue;
    for (int i = 0; i < weekly->windows->size(); ++i) {
      if (weekly->windows->key(i).station != key.station) continue;
      std::vector<float>& into = weekly->windows->key(i).start == first ? before : after;
      if (weekly->windows->key(i).start > first + kWeekLength) continue;
      ASSERT_TRUE(weekly->windows->Read(i, absl::MakeSpan(into)).ok());
    }
    ASSERT_TRUE(data.windows->Read(w, absl::MakeSpan(stitched)).ok());
    constexpr size_t kShift = 3 * kSlotsPerDay;
    for (size_t c = 0; c < 95; ++c) {
      for (size_t t = 0; t < kSlotsPerWeek; ++t, ++compared) {
        const bool second = t + kShift >= kSlotsPerWeek;
        const float expected = (second ? after : before)[c * kSlotsPerWeek + (t + kShift) % kSlotsPerWeek];
        const float is = stitched[c * kSlotsPerWeek + t];
        ASSERT_TRUE(is == expected || (std::isnan(is) && std::isnan(expected))) << c << " " << t;
      }
    }
  }
  EXPECT_EQ(compared, 2 * 95 * kSlotsPerWeek) << "both stations";
}

TEST_F(DatasetTest, StopsWhenAsked) {
  const auto stopped =
      BuildDataset({observations_, network_, events_}, options_, now_, [](int64_t done, int64_t) { return done < 3; });
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(DatasetTest, FailuresOfTheStoreAreTold) {
  observations_.faults().FailNext(absl::UnavailableError("gone"));
  EXPECT_EQ(Build().status(), absl::UnavailableError("gone"));
}

TEST(MaturedCatalogueTest, BeginsWithTheFirstWholeWeekAndEndsSettled) {
  const absl::Time week = absl::FromUnixSeconds(1483200000);  // a Sunday 00:00 UTC+8
  ASSERT_TRUE(WeekGrid::Service().IsStart(week));
  const Interval complete = {week + absl::Hours(30), week + 5 * kWeekLength + absl::Hours(48)};
  Interval matured = MaturedCatalogue(complete, absl::InfiniteFuture(), absl::Hours(48));
  EXPECT_EQ(matured.begin, week + kWeekLength);
  EXPECT_EQ(matured.end, week + 5 * kWeekLength);
  // A minute short of settled, and a present before the week's end.
  EXPECT_EQ(
      MaturedCatalogue({complete.begin, complete.end - absl::Minutes(1)}, absl::InfiniteFuture(), absl::Hours(48)).end,
      week + 4 * kWeekLength);
  EXPECT_EQ(MaturedCatalogue(complete, week + 2 * kWeekLength + absl::Hours(49), absl::Hours(48)).end,
            week + 2 * kWeekLength);
  // A catalogue that starts exactly with a week has that week.
  EXPECT_EQ(MaturedCatalogue({week, complete.end}, absl::InfiniteFuture(), absl::Hours(48)).begin, week);
}

}  // namespace
}  // namespace tremorcast
