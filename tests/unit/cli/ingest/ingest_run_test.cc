#include "cli/ingest/ingest_run.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/ingest/file_list.h"
#include "cli/ingest/position_token.h"
#include "core/readers/aeta_csv.h"
#include "tests/support/packed_text.h"
#include "tests/unit/cli/test_service.h"

namespace tremorcast::cli {
namespace {

using Fault = TestIngestService::Fault;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kSunday = 1610208000;

class IngestRunTest : public ::testing::Test {
 protected:
  IngestRunTest() : server_({&service_}), client_(server_.address()) {
    service_.RegisterStation("7");
    service_.RegisterStation("9001");
    std::string name = (std::filesystem::temp_directory_path() / "tremorcast-ingest-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    options_.rows_per_batch = 5;
    options_.jobs = 2;
  }
  ~IngestRunTest() override { std::filesystem::remove_all(folder_); }

  // A sound file of station 7: rows first..first+count-1, ten minutes apart.
  static std::string Text(int first, int count) {
    std::string text = first == 0 ? AetaCsvHeader(Signal::kSound) : "";
    for (int i = first; i < first + count; ++i) {
      std::vector<float> values(kSoundFeatures, static_cast<float>(i) + .25F);
      AppendAetaCsvRow("7", kSunday + 600 * i, values, text);
    }
    return text;
  }
  std::string Write(const std::string& name, const std::string& text, bool append = false) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, append ? std::ios::binary | std::ios::app : std::ios::binary) << text;
    return path.string();
  }
  static std::string Fixture(const std::string& name) {
    return absl::StrCat(TREMORCAST_SOURCE_DIR, "/tests/data/", name);
  }

  struct Result {
    ExitCode code;
    TallyCounts counts;
    std::string err;
  };
  Result Ingest(const std::vector<std::string>& files, const std::string& rejects = "") {
    TestConsole console;
    TestPacer pacer;
    auto tally = Tally::Create(console.console, rejects).value();
    ProgressCounters counters;
    const ExitCode code = IngestFiles(files, options_, client_, pacer, *tally, counters);
    EXPECT_TRUE(tally->Finish(absl::Seconds(1), true).ok());
    return {Worse(code, tally->exit_code()), tally->counts(), console.err.str()};
  }

  TestIngestService service_;
  TestServer server_;
  Client client_;
  std::filesystem::path folder_;
  IngestRunOptions options_;
};

TEST_F(IngestRunTest, StoresEveryRowOfManyFilesOnce) {
  const std::string a = Write("a/7_sound.csv", Text(0, 23));
  const Result result = Ingest({a, Fixture("gappy_week.csv")});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.counts.verdicts.accepted, 23 + 64);
  EXPECT_EQ(service_.rows().size(), 23U + 64);
  EXPECT_EQ(service_.rows().at({"stations/7", v1::SIGNAL_SOUND, kSunday + 600 * 22})[43], 22.25F);
  for (v1::Delivery delivery : service_.deliveries()) EXPECT_EQ(delivery, v1::DELIVERY_BACKFILL);
}

TEST_F(IngestRunTest, ASecondRunSendsNothingAndAThirdFromTheStartOnlyDuplicates) {
  const std::string path = Write("7_sound.csv", Text(0, 23));
  Ingest({path});
  const size_t batches = service_.batch_ids().size();
  const Result again = Ingest({path});
  EXPECT_EQ(again.code, ExitCode::kOk);
  EXPECT_EQ(again.counts.verdicts.total(), 0);
  EXPECT_EQ(service_.batch_ids().size(), batches);
  options_.resume = false;
  const Result third = Ingest({path});
  EXPECT_EQ(third.counts.verdicts.duplicate, 23);
  EXPECT_EQ(third.counts.verdicts.accepted, 0);
}

TEST_F(IngestRunTest, AFileThatGrewIsTakenUpWhereItWasLeft) {
  const std::string path = Write("7_sound.csv", Text(0, 12));
  Ingest({path});
  Write("7_sound.csv", Text(12, 4), true);
  const Result result = Ingest({path});
  EXPECT_EQ(result.counts.verdicts.total(), 4);
  EXPECT_THAT(result.err, HasSubstr("the lines before 14 are stored already; 4 new rows"));
  EXPECT_EQ(service_.rows().size(), 16U);
}

TEST_F(IngestRunTest, AFileThatWasRewrittenIsReadFromItsStart) {
  const std::string path = Write("7_sound.csv", Text(0, 12));
  Ingest({path});
  std::string other = Text(0, 12);
  other[other.size() - 2] = '9';  // the last row before the resume point changed
  Write("7_sound.csv", other + Text(12, 1));
  const Result result = Ingest({path});
  EXPECT_EQ(result.counts.verdicts.accepted, 1);
  EXPECT_EQ(result.counts.verdicts.duplicate, 11);
  EXPECT_EQ(result.counts.verdicts.conflict, 1);
  EXPECT_EQ(result.code, ExitCode::kPartial);
  EXPECT_THAT(result.err, HasSubstr("read again from its start"));
}

TEST_F(IngestRunTest, AShorterFileIsReadFromItsStart) {
  const std::string path = Write("7_sound.csv", Text(0, 12));
  Ingest({path});
  Write("7_sound.csv", Text(0, 6));
  EXPECT_EQ(Ingest({path}).counts.verdicts.duplicate, 6);
}

TEST_F(IngestRunTest, BatchesThatAreSentAgainKeepTheirIds) {
  const std::string path = Write("7_sound.csv", Text(0, 20));
  service_.Script({Fault::kNone, Fault::kLostAnswer, Fault::kUnavailable});
  const Result result = Ingest({path});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.counts.verdicts.accepted, 20);
  EXPECT_GE(result.counts.replayed_batches, 1);
  EXPECT_EQ(service_.rows().size(), 20U);
  EXPECT_THAT(result.err, HasSubstr("the server went away"));
}

TEST_F(IngestRunTest, PackedFilesResumeToo) {
  const std::string xz = Write("7_sound.csv.xz", Packed(".xz", Text(0, 30)));
  EXPECT_EQ(Ingest({xz}).counts.verdicts.accepted, 30);
  EXPECT_EQ(Ingest({xz}).counts.verdicts.total(), 0);
  EXPECT_EQ(Ingest({Write("7_sound.csv.gz", Packed(".gz", Text(0, 40)))}).counts.verdicts.accepted, 10);
  EXPECT_EQ(Ingest({Write("7_sound.csv.zst", Packed(".zst", Text(0, 50)))}).counts.verdicts.accepted, 10);
  EXPECT_EQ(Ingest({Write("7_sound.csv", Text(0, 50))}).counts.verdicts.total(), 0)
      << "the same text, packed or not, is the same source";
}

TEST_F(IngestRunTest, ADamagedArchiveFailsAndKeepsWhatWasReadable) {
  const std::string path = Write("7_sound.csv.xz", "this is no archive");
  const Result result = Ingest({path, Write("other/7_sound.csv", Text(0, 3))});
  EXPECT_EQ(result.code, ExitCode::kFailed);
  EXPECT_THAT(result.err, HasSubstr("this is not xz data"));
  EXPECT_EQ(result.counts.verdicts.accepted, 3) << "other files are not held up";
}

TEST_F(IngestRunTest, EveryFaultIsCountedAndListedInTheRejectsFile) {
  const std::string rejects = (folder_ / "rejects.csv").string();
  const Result result = Ingest({Fixture("every_fault.csv")}, rejects);
  EXPECT_EQ(result.code, ExitCode::kPartial);
  EXPECT_EQ(result.counts.verdicts.accepted, 2);
  EXPECT_EQ(result.counts.verdicts.rejected, 2);
  EXPECT_EQ(result.counts.unreadable_lines, 6);
  std::ifstream file(rejects);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(
      text,
      AllOf(
          HasSubstr("file,line,column,verdict,reason,text\n"),
          HasSubstr(",5,sound@kurt,unreadable,\"not a number: 'x12' is no number\""),
          HasSubstr(",11,sound@var,rejected,\"not_finite: the value is not a finite number\",\"7,1610208600,nan,-inf"),
          HasSubstr(",12,TimeStamp,rejected,\"off_grid")));
  EXPECT_THAT(result.err, HasSubstr("every_fault.csv:7: TimeStamp: unreadable: bad time"));
}

TEST_F(IngestRunTest, AnUnregisteredStationStopsItsFileAndSaysWhatToDo) {
  const std::string text = absl::StrReplaceAll(Text(0, 100), {{"\n7,", "\n8,"}});
  const std::string path = Write("8_sound.csv", text);
  const Result result = Ingest({path});
  EXPECT_EQ(result.code, ExitCode::kPartial);
  EXPECT_GT(result.counts.reject_reasons.at("unknown_station"), 0);
  EXPECT_THAT(result.err, HasSubstr("tremorcast stations import"));
  EXPECT_THAT(result.err, HasSubstr("8_sound.csv:2: StationID: rejected: unknown_station"));
  EXPECT_THAT(result.err, ::testing::Not(HasSubstr("8_sound.csv:3:"))) << "said once";
  service_.RegisterStation("8");
  EXPECT_EQ(Ingest({path}).counts.verdicts.accepted, 100) << "nothing was skipped";
}

TEST_F(IngestRunTest, ARefusedBatchFailsTheRun) {
  service_.Script({Fault::kBatchFailure});
  const Result result = Ingest({Write("7_sound.csv", Text(0, 3))});
  EXPECT_EQ(result.code, ExitCode::kFailed);
  EXPECT_EQ(result.counts.failed_rows, 3);
  EXPECT_THAT(result.err, HasSubstr("lines 2 to 4 were refused: FAILED_PRECONDITION: another feature schema"));
}

TEST_F(IngestRunTest, EmptyAndHeaderOnlyFilesAreTold) {
  const Result empty = Ingest({Fixture("empty.csv")});
  EXPECT_EQ(empty.code, ExitCode::kPartial);
  EXPECT_THAT(empty.err, HasSubstr("the file is empty"));
  EXPECT_EQ(Ingest({Fixture("header_only.csv")}).code, ExitCode::kOk);
}

TEST_F(IngestRunTest, AnAbsentServerIsNotWaitedFor) {
  server_.Stop();
  const Result result = Ingest({Write("7_sound.csv", Text(0, 3))});
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, HasSubstr("TREMORCAST_SERVER"));
}

TEST_F(IngestRunTest, FollowsGrowthHalfLinesNewFilesAndReplacement) {
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

TEST_F(IngestRunTest, ListsAetaFilesOfFoldersAndNamesWhatIsMissing) {
  Write("x/7_sound.csv", "");
  Write("x/7_magn.csv.xz", "");
  Write("x/notes.csv", "");
  const auto files = ListAetaFiles({folder_.string(), (folder_ / "x" / "7_sound.csv").string()}, false);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->files.size(), 2U);
  EXPECT_THAT(files->left_out, ::testing::ElementsAre(::testing::EndsWith("notes.csv")));
  EXPECT_EQ(ListAetaFiles({(folder_ / "nowhere").string()}, false).status().code(), absl::StatusCode::kNotFound);
  std::filesystem::create_directories(folder_ / "bare");
  EXPECT_FALSE(ListAetaFiles({(folder_ / "bare").string()}, false).ok());
  EXPECT_TRUE(ListAetaFiles({(folder_ / "bare").string()}, true).ok());
}

TEST_F(IngestRunTest, FilesThatWereRotatedDownloadedTwiceOrNamedInCapitalsAreAeta) {
  for (const char* name : {"7_magn.csv", "7_MAGN.CSV", "7_magn (1).csv", "7_sound(2).csv", "7_magn.csv.1",
                           "7_magn.csv.gz", "7_sound.csv.12.xz", "7_magn.csv.gz.3", "7_SOUND.csv.ZST"}) {
    EXPECT_TRUE(IsAetaFileName(name)) << name;
  }
  for (const char* name :
       {"7_magn.txt", "magn.csv", "7_magn.csv.bak", "7_magn (x).csv", "StationInfo.csv", ".1", "(1)"}) {
    EXPECT_FALSE(IsAetaFileName(name)) << name;
  }
}

TEST_F(IngestRunTest, AFileNamedInAnyEncodingHasASourceThatAMessageCanCarry) {
  EXPECT_EQ(SourceName("xx四川省都江堰市中学地震台站_19_magn.csv", "id"), "aeta-csv/xx四川省都江堰市中学地震台/id")
      << "cut between two characters";
  EXPECT_EQ(SourceName("\xCB\xC4_magn.csv", "id"), "aeta-csv/___magn.csv/id");
}

}  // namespace
}  // namespace tremorcast::cli
