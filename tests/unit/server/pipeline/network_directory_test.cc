#include "server/pipeline/network_directory.h"

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

class NetworkDirectoryTest : public ServiceFixture {
 protected:
  void SetUp() override {
    network_store_.faults().SetHook([this] { ++reads_; });
  }
  int reads_ = 0;  // of stations and of regions
};

TEST_F(NetworkDirectoryTest, AMissReadsTheStoreOnceASecond) {
  ASSERT_TRUE((*network_.ForStation(StationId("s1")))->FindStation(StationId("s1")) != nullptr);
  EXPECT_EQ(reads_, 2);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ((*network_.ForStation(StationId("unknown")))->FindStation(StationId("unknown")), nullptr);
  }
  EXPECT_EQ(reads_, 2);
  reads_ = 0;
  clock_.Advance(absl::Seconds(2));
  network_store_.faults().SetHook(nullptr);
  AddStation("unknown");
  EXPECT_NE((*network_.ForStation(StationId("unknown")))->FindStation(StationId("unknown")), nullptr);
}

TEST_F(NetworkDirectoryTest, AStoreThatIsAwayKeepsTheOldSnapshotAndIsNotFlooded) {
  ASSERT_TRUE(network_.Refresh().ok());
  const auto before = network_.Snapshot();
  clock_.Advance(absl::Seconds(2));
  network_store_.faults().FailNext(absl::UnavailableError("away"), 1000);
  reads_ = 0;
  EXPECT_TRUE(absl::IsUnavailable(network_.ForRegion(RegionId("unknown")).status()));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(network_.ForRegion(RegionId("unknown")).ok());
  EXPECT_EQ(reads_, 1);
  EXPECT_EQ(network_.Snapshot(), before);
  EXPECT_TRUE(network_.ForRegion(kLab).ok());
}

TEST(NetworkSnapshotTest, FindsTheIntervalThatHoldsTheTime) {
  Station before;
  before.id = StationId("s");
  before.title = "before the move";
  before.valid_to = absl::FromUnixSeconds(1000);
  Station after = before;
  after.title = "after the move";
  after.valid_from = absl::FromUnixSeconds(2000);
  after.valid_to = absl::InfiniteFuture();
  const NetworkSnapshot snapshot({after, before}, {});
  const StationId id("s");
  EXPECT_EQ(snapshot.FindStation(id, absl::FromUnixSeconds(999))->title, "before the move");
  EXPECT_EQ(snapshot.FindStation(id, absl::FromUnixSeconds(2000))->title, "after the move");
  EXPECT_TRUE(snapshot.StationValidAt(id, absl::FromUnixSeconds(999)));
  EXPECT_FALSE(snapshot.StationValidAt(id, absl::FromUnixSeconds(1000)));  // half open
  EXPECT_FALSE(snapshot.StationValidAt(id, absl::FromUnixSeconds(1999)));
  EXPECT_EQ(snapshot.FindStation(StationId("t")), nullptr);
}

}  // namespace
}  // namespace tremorcast
