#include "trainer/ladder/catalogue_diagnostics.h"

#include <cmath>
#include <numeric>
#include <pugixml.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/etas/etas_worlds.h"
#include "tests/unit/core/ladder/ladder_worlds.h"
#include "trainer/ladder/ladder_html.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A year of tests by one fit.
class CatalogueDiagnosticsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_ = WorldTrial();
    options_.period = {DayZero(), DayZero() + 260 * kWeekLength};
    options_.test_begin = options_.period.end - 52 * kWeekLength;
    options_.origins = 1;
    options_.catalogues = 10;
    options_.bootstrap.replicates = 200;
    catalogue_ = ClusteredWorld(10, kLastingWorld);
  }
  LadderTrial Try() {
    auto trial = TryLadder(catalogue_, catalogue_, options_);
    EXPECT_TRUE(trial.ok()) << trial.status();
    return trial.ok() ? *std::move(trial) : LadderTrial();
  }

  LadderTrialOptions options_;
  std::vector<SeismicEvent> catalogue_;
};

TEST_F(CatalogueDiagnosticsTest, TheWorldThatMadeItPassesAndAnotherDoesNot) {
  LadderTrial trial = Try();
  ASSERT_TRUE(trial.origins.back().rung.accepted());
  const auto found = DiagnoseTrial(catalogue_, trial, options_, 200);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->issues, 52);
  ASSERT_EQ(found->tests.size(), 4u);
  EXPECT_EQ(found->tests[0].issues, 52) << "every issue has a number of events";
  EXPECT_LT(found->tests[1].issues, 52) << "a week without an event has no place";
  EXPECT_LT(found->tests[0].rejected, 10);
  EXPECT_EQ(static_cast<int>(found->waits.size()), found->events);
  // What is expected behind the last event is in no wait.
  EXPECT_LE(std::accumulate(found->waits.begin(), found->waits.end(), 0.0), found->expected + 1e-6);
  EXPECT_GT(found->gain_per_event, 0.5);
  ASSERT_TRUE(found->waits_test.has_value());

  // A hundred times as many background events as there are.
  trial.origins.back().rung.fit.model.parameters.value[kLog10Mu] += 2;
  const auto wrong = DiagnoseTrial(catalogue_, trial, options_, 200);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_GT(wrong->tests[0].rejected, found->tests[0].rejected + 20);
  EXPECT_LT(wrong->waits_test->p_value, 1e-6);
  EXPECT_LT(wrong->waits_test->p_value, found->waits_test->p_value);
}

TEST_F(CatalogueDiagnosticsTest, ThePageIsWellFormedWhateverTheRegionsAreCalled) {
  LadderReport report;
  report.options = options_;
  report.source = "<script>alert(1)</script>";
  report.trial = Try();
  report.shown = report.trial.origins.back().rung;
  report.events = static_cast<int>(catalogue_.size());
  report.placebos.push_back({"a & b", report.trial});
  const auto diagnostics = DiagnoseTrial(catalogue_, report.trial, options_, 50);
  ASSERT_TRUE(diagnostics.ok()) << diagnostics.status();
  const std::string page = LadderReportToHtml(report, *diagnostics);
  EXPECT_TRUE(pugi::xml_document().load_string(page.c_str()));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  for (const char* part : {"gain-chart", "residual-chart", "background-map", "a &amp; b", "how many and where"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, HasSubstr(report.trial.verdict.sentence));
}

TEST_F(CatalogueDiagnosticsTest, WithoutAnAcceptedFitThereAreNoFigures) {
  options_.rung.fit.least_targets = 1'000'000;
  LadderReport report;
  report.options = options_;
  report.trial = Try();
  report.shown = report.trial.origins.back().rung;
  const auto none = DiagnoseTrial(catalogue_, report.trial, options_, 50);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->issues, 0);
  EXPECT_TRUE(none->tests.empty());
  const std::string page = LadderReportToHtml(report, *none);
  EXPECT_TRUE(pugi::xml_document().load_string(page.c_str()));
  EXPECT_THAT(page, HasSubstr("refused: "));
}

TEST_F(CatalogueDiagnosticsTest, StopsWhenAskedAndTestsNothingAroundTheDateLine) {
  const LadderTrial trial = Try();
  LadderTrial across = trial;
  across.origins.back().rung.fit.model = DateLineModel();
  const auto untested = DiagnoseTrial(catalogue_, across, options_, 50);
  ASSERT_TRUE(untested.ok()) << untested.status();
  EXPECT_TRUE(untested->tests.empty());
  options_.stop = [] { return true; };
  EXPECT_EQ(DiagnoseTrial(catalogue_, trial, options_, 50).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace tremorcast
