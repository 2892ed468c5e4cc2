#include "core/readers/aeta_csv.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/readers/csv_records.h"
#include "files/text_file.h"
#include "tests/unit/core/readers/test_files.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSunday = 1610208000;  // 2021-01-10 00:00 UTC+8, as the files in tests/data start

struct Row {
  int64_t line, begin, end, time;
  std::string station, text;
  std::vector<float> values;
};

struct Outcome {
  std::vector<Row> rows;
  std::vector<CsvProblem> problems;
};

void Drain(AetaCsvReader& reader, Outcome& out) {
  for (;;) {
    switch (reader.Next()) {
      case AetaCsvReader::Step::kRow: {
        const AetaCsvRow& row = reader.row();
        out.rows.push_back({row.line, row.begin_offset, row.end_offset, row.time_unix, std::string(row.station),
                            std::string(row.text), std::vector<float>(row.values.begin(), row.values.end())});
        break;
      }
      case AetaCsvReader::Step::kProblem:
        out.problems.push_back(reader.problem());
        break;
      case AetaCsvReader::Step::kNeedInput:
      case AetaCsvReader::Step::kEnd:
        return;
    }
  }
}

Outcome ReadAll(const std::string& text, size_t chunk = std::string::npos, AetaCsvReader::Options options = {}) {
  AetaCsvReader reader(options);
  Outcome out;
  for (size_t at = 0; at < text.size(); at += std::min(chunk, text.size() - at)) {
    reader.Feed(absl::string_view(text).substr(at, chunk));
    Drain(reader, out);
  }
  reader.FinishInput();
  Drain(reader, out);
  EXPECT_EQ(reader.Next(), AetaCsvReader::Step::kEnd);
  return out;
}

std::vector<std::string> Summary(const std::vector<CsvProblem>& problems) {
  std::vector<std::string> lines;
  for (const CsvProblem& p : problems)
    lines.push_back(absl::StrCat(p.line, ":", p.column, ":", CsvProblemName(p.kind)));
  return lines;
}

// A file of one row whose values are all 0.5, but the first.
std::string OneRow(const std::string& station, const std::string& first_value) {
  std::string text = absl::StrCat(AetaCsvHeader(Signal::kSound), station, ",", kSunday, ",", first_value);
  for (int i = 1; i < kSoundFeatures; ++i) absl::StrAppend(&text, ",0.5");
  return text + "\n";
}

TEST(AetaCsvReaderTest, LinesMayEndWithACarriageReturnAloneHoweverTheyAreCut) {
  const std::string unix_text = TestFile("gappy_week.csv");
  std::string text = unix_text;
  std::replace(text.begin(), text.end(), '\n', '\r');
  const Outcome expected = ReadAll(unix_text);
  for (const size_t chunk : {std::string::npos, size_t{1}, size_t{7}}) {
    const Outcome out = ReadAll(text, chunk);
    EXPECT_THAT(out.problems, IsEmpty());
    ASSERT_EQ(out.rows.size(), expected.rows.size());
    EXPECT_EQ(out.rows.back().end, expected.rows.back().end);
    EXPECT_EQ(out.rows.back().values, expected.rows.back().values);
  }
}

TEST(AetaCsvReaderTest, QuotesAnIndexAndOtherColumnsAreNoHindrance) {
  const std::string header = AetaCsvHeader(Signal::kSound);
  std::string text = "\"\"";
  for (absl::string_view name : absl::StrSplit(absl::StripSuffix(header, "\n"), ','))
    absl::StrAppend(&text, ",\"", name, "\"");
  absl::StrAppend(&text, ",\"note\"\n0,\"7\",\"", kSunday, "\"");
  for (int i = 0; i < kSoundFeatures; ++i) absl::StrAppend(&text, i == 3 ? ",\"1.5\"" : ",0.5");
  absl::StrAppend(&text, ",\"a, b\"\n");
  const Outcome out = ReadAll(text);
  EXPECT_THAT(out.problems, IsEmpty());
  ASSERT_EQ(out.rows.size(), 1U);
  EXPECT_EQ(out.rows[0].station, "7");
  EXPECT_EQ(out.rows[0].values[3], 1.5F);
  EXPECT_EQ(out.rows[0].end, static_cast<int64_t>(text.size()));
  AetaCsvReader reader;
  reader.Feed(text);
  EXPECT_EQ(reader.Next(), AetaCsvReader::Step::kRow);
  EXPECT_THAT(reader.extra_columns(), ElementsAre("(no name)", "note"));
}

TEST(AetaCsvReaderTest, ANumberThatStandsForNoValueIsNoSample) {
  for (const char* sentinel : {"-999", "-9999.0", "-99999"}) {
    EXPECT_THAT(Summary(ReadAll(OneRow("7", sentinel)).problems), ElementsAre("2:sound@var:no value")) << sentinel;
  }
  AetaCsvReader::Options all;
  all.sentinels = {};
  EXPECT_EQ(ReadAll(OneRow("7", "-999"), std::string::npos, all).rows.size(), 1U);
  EXPECT_THAT(Summary(ReadAll(OneRow("7", "0x1p3")).problems), ElementsAre("2:sound@var:not a number"));
  EXPECT_THAT(Summary(ReadAll(OneRow("\xB3\xC9", "1")).problems), ElementsAre("2:StationID:bad station"));
}

TEST(AetaCsvReaderTest, ReadsAGappyWeekAndFillsNothing) {
  const Outcome out = ReadAll(TestFile("gappy_week.csv"));
  EXPECT_THAT(out.problems, IsEmpty());
  ASSERT_EQ(out.rows.size(), 64U);
  EXPECT_EQ(out.rows[0].station, "9001");
  EXPECT_EQ(out.rows[0].time, kSunday);
  EXPECT_EQ(out.rows[3].time, kSunday + 5 * 7200) << "two rows are absent after the third";
  EXPECT_EQ(out.rows[0].values.size(), 51U);
}

TEST(AetaCsvReaderTest, GivesTheSameRowsForEveryChunkSize) {
  const std::string text = TestFile("every_fault.csv");
  const Outcome whole = ReadAll(text);
  for (size_t chunk : {1, 2, 7, 100, 4096}) {
    const Outcome pieces = ReadAll(text, chunk);
    ASSERT_EQ(pieces.rows.size(), whole.rows.size()) << chunk;
    EXPECT_EQ(Summary(pieces.problems), Summary(whole.problems)) << chunk;
    for (size_t i = 0; i < whole.rows.size(); ++i) {
      EXPECT_EQ(pieces.rows[i].end, whole.rows[i].end);
      EXPECT_EQ(pieces.rows[i].text, whole.rows[i].text);
    }
  }
}

TEST(AetaCsvReaderTest, NamesLineAndColumnOfEveryFaultAndReadsTheRest) {
  const Outcome out = ReadAll(TestFile("every_fault.csv"));
  EXPECT_THAT(Summary(out.problems),
              ElementsAre("3:sound@mean:wrong number of columns", "4::wrong number of columns",
                          "5:sound@kurt:not a number", "6:sound@s_zero_rate:not a number", "7:TimeStamp:bad time",
                          "8:StationID:bad station", "9::repeated header"));
  EXPECT_EQ(out.problems[0].message, "45 fields, 46 columns");
  EXPECT_EQ(out.problems[2].message, "'x12' is no number");
  std::vector<int64_t> lines;
  for (const Row& row : out.rows) lines.push_back(row.line);
  EXPECT_THAT(lines, ElementsAre(2, 11, 12, 13));
}

TEST(AetaCsvReaderTest, KeepsOddNumbersForTheServiceToJudge) {
  const Outcome out = ReadAll(TestFile("every_fault.csv"));
  const std::vector<float>& values = out.rows[1].values;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], -kInf);
  EXPECT_EQ(values[2], kInf) << "beyond the largest float";
  EXPECT_EQ(values[3], -kInf);
  EXPECT_EQ(values[4], 7e-45F) << "a denormal keeps its value";
  EXPECT_EQ(values[5], 0.0F) << "below the smallest denormal";
  EXPECT_EQ(values[6], 3.5F);
  EXPECT_EQ(values[7], 4.25F);
  EXPECT_EQ(out.rows[2].time, kSunday + 601) << "off the grid: the service rejects it and says so";
  EXPECT_EQ(out.rows[3].time, kSunday + 1200) << "written as 1610209200.0";
}

TEST(AetaCsvReaderTest, UnderstandsByteOrderMarkAndCarriageReturns) {
  AetaCsvReader reader;
  reader.Feed(TestFile("crlf_bom.csv"));
  Outcome out;
  Drain(reader, out);
  EXPECT_THAT(out.problems, IsEmpty());
  EXPECT_EQ(out.rows.size(), 3U);
  EXPECT_EQ(reader.signal(), Signal::kSound);
  EXPECT_EQ(out.rows[2].values.size(), 44U);
  EXPECT_EQ(out.rows[2].end, static_cast<int64_t>(TestFile("crlf_bom.csv").size()));
}

TEST(AetaCsvReaderTest, BindsColumnsByName) {
  const Outcome out = ReadAll(TestFile("shuffled_columns.csv"));
  EXPECT_THAT(out.problems, IsEmpty());
  ASSERT_EQ(out.rows.size(), 1U);
  EXPECT_EQ(out.rows[0].station, "7");
  EXPECT_EQ(out.rows[0].time, kSunday);
  for (size_t i = 0; i < 44; ++i) EXPECT_EQ(out.rows[0].values[i], static_cast<float>(i) + .5F);
}

TEST(AetaCsvReaderTest, AHeaderWithoutRowsIsNoFault) {
  const Outcome out = ReadAll(TestFile("header_only.csv"));
  EXPECT_THAT(out.rows, IsEmpty());
  EXPECT_THAT(out.problems, IsEmpty());
}

TEST(AetaCsvReaderTest, SaysWhatIsWrongWithTheHeader) {
  EXPECT_EQ(ReadAll("").problems.at(0).message, "the file is empty");
  EXPECT_EQ(ReadAll(TestFile("empty.csv")).problems.size(), 1U);
  EXPECT_EQ(ReadAll(TestFile("missing_column.csv")).problems.at(0).message, "column 'sound@kurt' is missing");
  EXPECT_EQ(ReadAll(TestFile("unknown_column.csv")).problems.at(0).message,
            "column 'sound@colour' is not a sound feature");
  EXPECT_THAT(ReadAll("a,b\n1,2\n").problems.at(0).message, HasSubstr("StationID"));
  EXPECT_THAT(ReadAll("StationID,TimeStamp\n").problems.at(0).message, HasSubstr("no magn@ or sound@"));
  const Outcome out = ReadAll(TestFile("missing_column.csv"));
  EXPECT_EQ(out.problems.size(), 1U) << "said once, not for every row";
  EXPECT_THAT(out.rows, IsEmpty());
}

TEST(AetaCsvReaderTest, AHeaderOfTheOtherSignalInTheMiddleEndsTheReading) {
  const Outcome out = ReadAll(TestFile("crlf_bom.csv") + TestFile("gappy_week.csv"));
  EXPECT_EQ(out.rows.size(), 3U);
  EXPECT_THAT(Summary(out.problems), ElementsAre("5::no header"));
}

TEST(AetaCsvReaderTest, ATruncatedLastLineIsReportedAndNotTaken) {
  const std::string text = TestFile("truncated_last_line.csv");
  const Outcome out = ReadAll(text);
  EXPECT_EQ(out.rows.size(), 2U);
  EXPECT_THAT(Summary(out.problems), ElementsAre("4::unterminated last line"));
}

TEST(AetaCsvReaderTest, AnUnterminatedButWholeLineIsTakenOnlyWhenAllowed) {
  std::string text = TestFile("crlf_bom.csv");
  text.resize(text.size() - 2);
  EXPECT_EQ(ReadAll(text).rows.size(), 2U);
  AetaCsvReader::Options options;
  options.accept_unterminated = true;
  EXPECT_EQ(ReadAll(text, std::string::npos, options).rows.size(), 3U);
  EXPECT_THAT(Summary(ReadAll(TestFile("truncated_last_line.csv"), std::string::npos, options).problems),
              ElementsAre("4:sound@level6d_energy_smax:wrong number of columns"));
}

TEST(AetaCsvReaderTest, AFollowedFileCompletesItsLastLineLater) {
  const std::string text = TestFile("crlf_bom.csv");
  AetaCsvReader reader;
  Outcome out;
  reader.Feed(absl::string_view(text).substr(0, text.size() - 9));
  Drain(reader, out);
  EXPECT_EQ(out.rows.size(), 2U);
  EXPECT_EQ(reader.offset(), out.rows[1].end) << "the resume point is the last complete row";
  reader.Feed(absl::string_view(text).substr(text.size() - 9));
  Drain(reader, out);
  EXPECT_EQ(out.rows.size(), 3U);
  EXPECT_THAT(out.problems, IsEmpty());
}

TEST(AetaCsvReaderTest, ResumesAtTheOffsetOfAnyRow) {
  const std::string text = TestFile("gappy_week.csv");
  const Outcome whole = ReadAll(text);
  for (size_t skip : {0U, 1U, 30U, 63U}) {
    AetaCsvReader reader;
    Outcome out;
    reader.Feed(absl::string_view(text).substr(0, text.find('\n') + 1));
    Drain(reader, out);
    reader.ResumeAt(whole.rows[skip].end, whole.rows[skip].line + 1);
    reader.Feed(absl::string_view(text).substr(static_cast<size_t>(whole.rows[skip].end)));
    Drain(reader, out);
    ASSERT_EQ(out.rows.size(), whole.rows.size() - skip - 1);
    if (!out.rows.empty()) {
      EXPECT_EQ(out.rows[0].line, whole.rows[skip + 1].line);
      EXPECT_EQ(out.rows[0].begin, whole.rows[skip].end);
      EXPECT_EQ(out.rows[0].values, whole.rows[skip + 1].values);
    }
  }
}

TEST(AetaCsvReaderTest, RowsOutOfOrderAndRepeatedAreRows) {
  const Outcome out = ReadAll(TestFile("clock_jump.csv"));
  EXPECT_EQ(out.rows.size(), 5U);
  EXPECT_THAT(out.problems, IsEmpty());
}

TEST(AetaCsvReaderTest, ALineWithoutEndIsReportedOnceAndPassedOver) {
  std::string text = TestFile("crlf_bom.csv");
  const size_t header = text.find('\n') + 1;
  text.insert(header, absl::StrCat(std::string(300000, '9'), "\n"));
  const Outcome out = ReadAll(text, 5000);
  EXPECT_THAT(Summary(out.problems), ElementsAre("2::line too long"));
  ASSERT_EQ(out.rows.size(), 3U);
  EXPECT_EQ(out.rows[0].line, 3);
  EXPECT_EQ(out.rows[2].end, static_cast<int64_t>(text.size()));
}

TEST(AetaCsvReaderTest, WrittenRowsReadBackToTheBit) {
  std::vector<float> values;
  for (int i = 0; i < 44; ++i) values.push_back(std::ldexp(1.0F / 3.0F, 7 * (i - 22)) * (i % 2 == 0 ? 1.0F : -1.0F));
  std::string text = AetaCsvHeader(Signal::kSound);
  AppendAetaCsvRow("S0001", kSunday, values, text);
  const Outcome out = ReadAll(text);
  ASSERT_EQ(out.rows.size(), 1U);
  EXPECT_EQ(out.rows[0].values, values);
  EXPECT_EQ(out.rows[0].station, "S0001");
}

TEST(AetaCsvReaderTest, RowsOfEveryPublishedFileEqualItsInventory) {
  TREMORCAST_NEED_SHARED_DATA();
  const std::filesystem::path folder = SharedData() / "aeta" / "raw_2020_12";
  const std::string inventory = ReadWholeFile(folder / "file_inventory_all_309_files.csv");
  CsvRecords records(inventory);
  std::vector<std::string> fields;
  std::map<std::string, int64_t> rows;  // files that hold a header only are not listed
  while (records.Next(fields)) {
    if (fields[0] == "file") continue;
    ASSERT_TRUE(absl::SimpleAtoi(fields[1], &rows[fields[0]])) << fields[1];
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".xz") continue;
    const std::string name = entry.path().stem().string();
    const absl::StatusOr<std::string> text = ReadTextFile(entry.path().string());
    ASSERT_TRUE(text.ok()) << text.status();
    const Outcome out = ReadAll(*text, 1 << 16);
    EXPECT_EQ(static_cast<int64_t>(out.rows.size()), rows[name]) << name;
    EXPECT_THAT(out.problems, IsEmpty()) << name;
    for (const Row& row : out.rows) {
      ASSERT_EQ(row.time % 600, 0);
      ASSERT_EQ(row.station, name.substr(0, name.find('_')));
    }
    ++files;
  }
  EXPECT_EQ(files, 48);
}

}  // namespace
}  // namespace tremorcast
