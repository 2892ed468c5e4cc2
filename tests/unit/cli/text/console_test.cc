#include "cli/text/console.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/ingest/progress.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {
namespace {

TEST(ConsoleTest, ColoursOnlyWhenAskedTo) {
  std::ostringstream out, err;
  Console plain(out, err, {});
  EXPECT_EQ(plain.Bold("x"), "x");
  Console::Options options;
  options.color = true;
  Console coloured(out, err, options);
  EXPECT_EQ(coloured.Bold("x"), "\033[1mx\033[0m");
}

TEST(TableTest, AlignsColumnsAlsoOfWideCharacters) {
  std::ostringstream out, err;
  Console console(out, err, {});
  Table table({"NAME", "N", "PLACE"}, {1});
  table.Add({"a", "1", "x"});
  table.Add({"九江", "1234", ""});
  table.Print(console);
  EXPECT_EQ(out.str(), "NAME     N  PLACE\na        1  x\n九江  1234\n");
}

TEST(TableTest, WhatSomebodyPutIntoANameStaysInItsLineAndDoesNothing) {
  std::ostringstream out, err;
  Console console(out, err, {});
  Table table({"NAME", "TITLE"});
  table.Add({"a", "red \033[31m\nb  forged"});
  table.Print(console);
  EXPECT_EQ(out.str(), "NAME  TITLE\na     red \\u001b[31m\\u000ab  forged\n");
}

TEST(ConsoleTest, WritesPlainTextAndItsOwnColoursAlone) {
  std::ostringstream out, err;
  Console::Options options;
  options.color = true;
  Console console(out, err, options);
  console.out() << console.Bold("title \033]0;owned\007") << " \u202e" << 12 << '\n' << console.Dim("九") << std::endl;
  EXPECT_EQ(out.str(), "\033[1mtitle \\u001b]0;owned\\u0007\033[0m \\u202e12\n\033[2m九\033[0m\n");
  std::ostringstream piped;
  Console plain(piped, err, {});
  plain.out() << "\033[1m";
  EXPECT_EQ(piped.str(), "\\u001b[1m");
}

TEST(TextTest, CountsInTheSingularAndThePlural) {
  EXPECT_EQ(Count(1, "row"), "1 row");
  EXPECT_EQ(Count(12345, "row"), "12,345 rows");
  EXPECT_EQ(Count(2, "batch", "batches"), "2 batches");
}

TEST(ExitCodeTest, FailureIsWorseThanAbsenceAndAbsenceThanRejection) {
  EXPECT_EQ(Worse(ExitCode::kOk, ExitCode::kPartial), ExitCode::kPartial);
  EXPECT_EQ(Worse(ExitCode::kUnavailable, ExitCode::kPartial), ExitCode::kUnavailable);
  EXPECT_EQ(Worse(ExitCode::kFailed, ExitCode::kUnavailable), ExitCode::kFailed);
}

TEST(ProgressLineTest, SaysShareRateAndFaultsAndFitsTheTerminal) {
  ProgressCounters counters;
  counters.files_total = 4;
  counters.bytes_total = 1000;
  counters.files_done = 1;
  counters.bytes_done = 250;
  TallyCounts counts;
  counts.verdicts.accepted = 9000;
  counts.verdicts.rejected = 3;
  const std::string line = ProgressLine(counters, counts, absl::Seconds(2), 0);
  EXPECT_EQ(line, "[======>                 ]  25%  1/4 files  9,003 rows  4,501 rows/s  rejected 3");
  EXPECT_EQ(ProgressLine(counters, counts, absl::Seconds(2), 20).size(), 20U);
}

}  // namespace
}  // namespace tremorcast::cli
