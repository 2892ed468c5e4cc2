#include "cli/ingest/ingest_run.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
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
#include "tests/unit/cli/ingest/ingest_fixture.h"

namespace tremorcast::cli {
namespace {

using Fault = TestIngestService::Fault;
using ::testing::AllOf;
using ::testing::HasSubstr;

class IngestRunTest : public IngestFixture {};

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

// Who runs this every hour hears of a row that is not stored every hour, until it is.
TEST_F(IngestRunTest, WhatWasNotStoredIsReadAgainUntilItIs) {
  std::vector<float> values(kSoundFeatures, 1.F);
  std::string off_grid = Text(0, 12);
  AppendAetaCsvRow("7", kSunday + 600 * 12 + 1, values, off_grid);
  const std::string after = Text(13, 20);
  const std::string path = Write("7_sound.csv", off_grid + after);
  for (int run = 0; run < 3; ++run) {
    const Result result = Ingest({path});
    EXPECT_EQ(result.code, ExitCode::kPartial) << result.err;
    EXPECT_EQ(result.counts.reject_reasons.at("off_grid"), 1) << result.err;
    EXPECT_EQ(result.counts.verdicts.accepted, run == 0 ? 32 : 0);
    EXPECT_THAT(result.err, ::testing::Not(HasSubstr("stored already")));
    EXPECT_THAT(result.err, run == 0 ? HasSubstr("") : HasSubstr("1 row or line from line 12 on"));
  }
  std::string corrected = Text(0, 12);
  AppendAetaCsvRow("7", kSunday + 600 * 12, values, corrected);
  Write("7_sound.csv", corrected + after);
  const Result mended = Ingest({path});
  EXPECT_EQ(mended.code, ExitCode::kOk) << mended.err;
  EXPECT_EQ(mended.counts.verdicts.accepted, 1);
  const Result quiet = Ingest({path});
  EXPECT_EQ(quiet.code, ExitCode::kOk) << quiet.err;
  EXPECT_THAT(quiet.err, HasSubstr("stored already; 0 new rows"));
}

TEST_F(IngestRunTest, AnUnreadableLineIsToldAtEveryRun) {
  const std::string path = Write("7_sound.csv", Text(0, 3) + "7,soon,1\n" + Text(3, 20));
  for (int run = 0; run < 2; ++run) {
    const Result result = Ingest({path});
    EXPECT_EQ(result.code, ExitCode::kPartial) << result.err;
    EXPECT_EQ(result.counts.unreadable_lines, 1);
  }
  EXPECT_EQ(service_.rows().size(), 23U);
  Write("7_sound.csv", Text(0, 23));
  EXPECT_EQ(Ingest({path}).code, ExitCode::kOk);
}

// The batches behind one that failed were on their way, and are stored.
TEST_F(IngestRunTest, ABatchThatFailedIsNotPassedOver) {
  const std::string path = Write("7_sound.csv", Text(0, 30));
  service_.Script({Fault::kNone, Fault::kBatchFailure});
  EXPECT_EQ(Ingest({path}).code, ExitCode::kFailed);
  EXPECT_EQ(Ingest({path}).code, ExitCode::kOk);
  EXPECT_EQ(service_.rows().size(), 30U);
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
