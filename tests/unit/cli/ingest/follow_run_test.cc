#include "cli/ingest/follow_run.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/ingest/file_list.h"
#include "tests/support/packed_text.h"
#include "tests/unit/cli/ingest/ingest_fixture.h"

namespace tremorcast::cli {
namespace {

using Fault = TestIngestService::Fault;

class FollowRunTest : public IngestFixture {};

TEST_F(FollowRunTest, FollowsGrowthHalfLinesNewFilesAndReplacement) {
  const std::string path = Write("7_sound.csv", Text(0, 4));
  const std::string more = Text(4, 2);
  TestConsole console;
  std::vector<size_t> stored;
  TestPacer pacer([&](int wait) {
    stored.push_back(service_.rows().size());
    switch (wait) {
      case 1:
        Write("7_sound.csv", more.substr(0, more.size() - 5), true);  // the second of two rows is cut
        return true;
      case 2:
        Write("7_sound.csv", more.substr(more.size() - 5), true);
        return true;
      case 3:
        Write("later/9001_magn.csv", "StationID");  // not even a header yet
        return true;
      case 4:
        std::filesystem::copy_file(Fixture("gappy_week.csv"), folder_ / "later" / "9001_magn.csv.new");
        std::filesystem::rename(folder_ / "later" / "9001_magn.csv.new", folder_ / "later" / "9001_magn.csv");
        return true;
      default:
        return false;
    }
  });
  auto tally = Tally::Create(console.console, "").value();
  options_.live = true;
  const ExitCode code = FollowFiles({folder_.string()}, options_, client_, pacer, *tally);
  EXPECT_EQ(code, ExitCode::kOk) << console.err.str();
  EXPECT_THAT(stored, ::testing::ElementsAre(4, 5, 6, 6, 70));
  EXPECT_EQ(tally->counts().verdicts.accepted, 70);
  EXPECT_EQ(tally->exit_code(), ExitCode::kOk) << console.err.str();
  for (v1::Delivery delivery : service_.deliveries()) EXPECT_EQ(delivery, v1::DELIVERY_LIVE);
}

// Writes the file of a station as loggers do and rotates it as log tools do, one thing or some
// between two looks.
class RoughLogger {
 public:
  RoughLogger(std::filesystem::path folder, uint32_t seed) : folder_(std::move(folder)), random_(seed) { Open(Live()); }
  // `followed`: somebody holds the file as it is now, and has read it all.
  void Act(bool followed) {
    const uint32_t acts = random_() % 4;
    for (uint32_t n = acts; n > 0; --n) {
      switch (random_() % 8) {
        case 0:
          if (followed || !IsLink()) return Rename();
          break;
        case 1:
          if (followed || !IsLink()) return CopyAndCut();
          break;
        case 2:
          return Switch();
        case 3:
          if (followed) return MoveAway();
          break;
        case 4:
          if (followed && n == acts) return Rewrite();
          break;
        default:
          Append();
      }
    }
  }
  int rows() const { return rows_; }

 private:
  std::filesystem::path Live() const { return folder_ / "7_sound.csv"; }
  bool IsLink() const { return std::filesystem::is_symlink(Live()); }
  void Open(const std::filesystem::path& path) {
    file_ = std::ofstream(path, std::ios::binary | std::ios::trunc);
    file_ << AetaCsvHeader(Signal::kSound) << std::flush;
  }
  void Append() {
    std::string text;
    for (uint32_t n = 1 + random_() % 7; n > 0; --n) {
      AppendAetaCsvRow("7", kSunday + 600 * rows_, std::vector<float>(kSoundFeatures, static_cast<float>(rows_)), text);
      ++rows_;
    }
    file_ << text << std::flush;
  }
  // The file moves on by one number; its writer sometimes goes on with it until it hears.
  void Rename() {
    Shift();
    std::filesystem::rename(Live(), folder_ / "7_sound.csv.1");
    if (random_() % 2 == 0) Append();
    Open(Live());
  }
  // As copytruncate does: the writer keeps its file, which is emptied under it.
  void CopyAndCut() {
    Shift();
    std::filesystem::copy_file(Live(), folder_ / "7_sound.csv.1");
    Open(Live());
    Append();
  }
  // To where nobody looks, with rows that are not read yet: its descriptor alone leads to them.
  void MoveAway() {
    Append();
    std::filesystem::create_directories(folder_ / "away");
    std::filesystem::rename(Live(), folder_ / "away" / absl::StrCat(++away_));
    Append();
    Open(Live());
  }
  // In its place and of the same length, while everything is read.
  void Rewrite() {
    const auto length = std::filesystem::file_size(Live());
    Open(Live());
    while (std::filesystem::file_size(Live()) < length) Append();
  }
  // The name is a link to the file of the day.
  void Switch() {
    const std::string day = absl::StrFormat("station7-%04d.csv", ++days_);
    std::filesystem::create_directories(folder_ / "days");
    Open(folder_ / "days" / day);
    Append();
    if (IsLink()) {
      std::filesystem::remove(Live());
    } else {
      Shift();
      std::filesystem::rename(Live(), folder_ / "7_sound.csv.1");
    }
    std::filesystem::create_symlink(folder_ / "days" / day, Live());
  }
  void Shift() {
    for (int number = 400; number > 0; --number) {
      const auto from = folder_ / absl::StrCat("7_sound.csv.", number);
      if (std::filesystem::exists(std::filesystem::symlink_status(from)))
        std::filesystem::rename(from, folder_ / absl::StrCat("7_sound.csv.", number + 1));
    }
    if (!IsLink()) return;
    // The day's file stays where it is; the name becomes a plain file's again.
    std::filesystem::remove(Live());
    Open(Live());
  }

  const std::filesystem::path folder_;
  std::mt19937 random_;
  std::ofstream file_;
  int rows_ = 0, days_ = 0, away_ = 0;
};

TEST_F(FollowRunTest, FollowsWhateverRotationsDo) {
  constexpr int kRounds = 500;
  RoughLogger logger(folder_, 20201206);
  std::mt19937 random(7);
  for (int begun = 0; begun < kRounds;) {  // and the follower is ended and started again
    TestConsole console;
    TestPacer* waited = nullptr;
    TestPacer pacer([&](int wait) {
      if (random() % 8 == 0) service_.Script({random() % 2 == 0 ? Fault::kUnavailable : Fault::kLostAnswer});
      const bool goes_on = ++begun < kRounds && (wait < 40 || random() % 20 != 0);
      // Other waits than those between two looks are for the server: the look goes on, and the next
      // one is the first to see what was done.
      const std::vector<absl::Duration> waits = waited->waits();
      const bool seen = waits.back() == options_.poll_interval &&
                        (waits.size() == 1 || waits[waits.size() - 2] == options_.poll_interval);
      logger.Act(goes_on && seen);
      return goes_on;
    });
    auto tally = Tally::Create(console.console, "").value();
    waited = &pacer;
    options_.retry_for = absl::InfiniteDuration();
    options_.run_id = NewRunId();
    FollowFiles({folder_.string()}, options_, client_, pacer, *tally);
    EXPECT_EQ(tally->counts().verdicts.rejected + tally->counts().verdicts.conflict, 0) << console.err.str();
    EXPECT_EQ(tally->counts().unreadable_lines, 0) << console.err.str();
  }
  TestConsole console;
  TestPacer pacer([](int) { return false; });
  auto tally = Tally::Create(console.console, "").value();
  FollowFiles({folder_.string()}, options_, client_, pacer, *tally);
  EXPECT_EQ(service_.rows().size(), static_cast<size_t>(logger.rows()));
}

// What one look cannot see of a file is found beside it, whatever else is followed.
TEST_F(FollowRunTest, FindsWhatWasMovedAwayBesideAPackedFile) {
  Write("8_sound.csv.gz", Packed(".gz", AetaCsvHeader(Signal::kSound)));
  Write("7_sound.csv", Text(0, 4));
  TestConsole console;
  TestPacer pacer([&](int wait) {
    if (wait > 1) return false;
    // Two rotations between two looks: nobody opened the file between them.
    std::filesystem::rename(folder_ / "7_sound.csv", folder_ / "7_sound.csv.2");
    Write("7_sound.csv.1", AetaCsvHeader(Signal::kSound) + Text(4, 3));
    Write("7_sound.csv", AetaCsvHeader(Signal::kSound) + Text(7, 2));
    return true;
  });
  auto tally = Tally::Create(console.console, "").value();
  EXPECT_EQ(FollowFiles({folder_.string()}, options_, client_, pacer, *tally), ExitCode::kOk) << console.err.str();
  EXPECT_EQ(tally->counts().verdicts.accepted, 9) << console.err.str();
}

TEST_F(FollowRunTest, ARotatedFileThatIsRefusedFailsTheRun) {
  Write("7_sound.csv.1", Text(0, 4));
  Write("7_sound.csv", AetaCsvHeader(Signal::kSound) + Text(4, 2));
  service_.Script({Fault::kBatchFailure});
  TestConsole console;
  TestPacer pacer([](int) { return false; });
  auto tally = Tally::Create(console.console, "").value();
  EXPECT_EQ(FollowFiles({folder_.string()}, options_, client_, pacer, *tally), ExitCode::kFailed);
}

// The file of a logger that writes every ten minutes is away for as long, once it is rotated.
TEST_F(FollowRunTest, ARotatedFileIsNotReadTwiceWhileItsNameIsFree) {
  Write("7_sound.csv", Text(0, 4));
  TestConsole console;
  TestPacer pacer([&](int wait) {
    if (wait == 1) std::filesystem::rename(folder_ / "7_sound.csv", folder_ / "7_sound.csv.1");
    if (wait == 100) Write("7_sound.csv", AetaCsvHeader(Signal::kSound) + Text(4, 2));
    return wait < 102;
  });
  auto tally = Tally::Create(console.console, "").value();
  EXPECT_EQ(FollowFiles({folder_.string()}, options_, client_, pacer, *tally), ExitCode::kOk) << console.err.str();
  EXPECT_EQ(tally->counts().verdicts.accepted, 6);
  EXPECT_EQ(tally->counts().verdicts.duplicate, 0);
}

TEST(RotatedFromTest, OfALinkAreTheDaysOfItsStation) {
  std::string name = (std::filesystem::temp_directory_path() / "tremorcast-links-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  for (const char* day : {"101_magn_20201201.csv", "101_magn_20201202.csv", "102_magn_20201201.csv"}) {
    std::ofstream(folder / day) << day;
  }
  std::filesystem::create_symlink(folder / "101_magn_20201202.csv", folder / "101_magn.csv");
  EXPECT_THAT(RotatedFrom((folder / "101_magn.csv").string()),
              ::testing::UnorderedElementsAre((folder / "101_magn_20201201.csv").string(),
                                              (folder / "101_magn_20201202.csv").string()));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tremorcast::cli
