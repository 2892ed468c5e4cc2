#include "trainer/evaluate/report/report_html.h"

#include <algorithm>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "page/html.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::string_view kNasty = "<script>alert(\"1\")</script> & 'co'";

// "" if every tag is closed in order, attributes are quoted, no bare '&' or '<' stands in text;
// else what is wrong.
class WellFormedness {
 public:
  static std::string Check(absl::string_view page) {
    const size_t type = page.find("<!DOCTYPE html>\n");
    if (type != 0) return "no document type";
    return WellFormedness(page.substr(16)).Run();
  }

 private:
  explicit WellFormedness(absl::string_view page) : rest_(page) {}

  std::string Run() {
    while (!rest_.empty()) {
      const size_t next = rest_.find('<');
      if (std::string wrong = Text(rest_.substr(0, next)); !wrong.empty()) return wrong;
      if (next == absl::string_view::npos) break;
      rest_.remove_prefix(next);
      const size_t end = rest_.find('>');
      if (end == absl::string_view::npos) return absl::StrCat("unended ", rest_.substr(0, 40));
      if (std::string wrong = Tag(rest_.substr(1, end - 1)); !wrong.empty()) return wrong;
      rest_.remove_prefix(end + 1);
    }
    return open_.empty() ? "" : absl::StrCat("never closed: ", open_.back());
  }

  static std::string Text(absl::string_view text) {
    if (absl::StrContains(text, ">")) {
      // CSS has child selectors nowhere, so a bare '>' is a mistake as well.
      return absl::StrCat("bare > in ", text.substr(0, 60));
    }
    for (size_t at = text.find('&'); at != absl::string_view::npos; at = text.find('&', at + 1)) {
      const absl::string_view entity = text.substr(at, text.find(';', at) - at);
      const bool known = entity == "&amp" || entity == "&lt" || entity == "&gt" || entity == "&quot" ||
                         (absl::StartsWith(entity, "&#") && entity.find_first_not_of("0123456789", 2) == entity.npos);
      if (!known) return absl::StrCat("bare & in ", text.substr(at, 30));
    }
    return "";
  }

  std::string Tag(absl::string_view tag) {
    if (absl::StartsWith(tag, "/")) {
      if (open_.empty() || open_.back() != tag.substr(1)) {
        return absl::StrCat("</", tag.substr(1), "> closes ", open_.empty() ? "nothing" : open_.back());
      }
      open_.pop_back();
      return "";
    }
    const bool closed = absl::EndsWith(tag, "/");
    if (closed) tag.remove_suffix(1);
    const size_t name_end = tag.find(' ');
    const std::string name(tag.substr(0, name_end));
    absl::string_view attributes = name_end == tag.npos ? "" : tag.substr(name_end);
    while (!attributes.empty()) {
      const size_t from = attributes.find("=\"");
      const size_t to = from == attributes.npos ? from : attributes.find('"', from + 2);
      if (to == attributes.npos || attributes[0] != ' ') return absl::StrCat("attributes of <", tag, ">");
      if (std::string wrong = Text(attributes.substr(from + 2, to - from - 2)); !wrong.empty()) return wrong;
      attributes.remove_prefix(to + 1);
    }
    if (!closed) open_.push_back(name);
    return "";
  }

  absl::string_view rest_;
  std::vector<std::string> open_;
};

NamedMetrics SomeMetrics() {
  return {{"accuracy", {0.91, 0.01, 3}}, {"macro_recall", {0.25, 0.02, 3}}, {"mean_of_f1", {0.2, 0, 3}}};
}

MethodRow Row(const std::string& table, const std::string& name, double gain) {
  MethodRow row;
  row.table = table;
  row.name = name;
  row.parameters = 46233;
  row.paper = PaperFigures{0.95, 0.9, 0.87};
  row.balanced = SomeMetrics();
  row.calibrated = SomeMetrics();
  row.log_score = row.brier = row.rps = {0.4, 0.01, 3};
  row.gain_interval = MeanInterval{gain, gain - 0.01, gain + 0.01, 52};
  row.gain_before_pool = MeanInterval{gain - 0.02, gain - 0.03, gain + 0.01, 52};
  row.pool_weight = {0.5, 0.1, 3};
  return row;
}

EventDiagrams SomeDiagrams() {
  EventDiagrams diagrams;
  diagrams.before.pieces = {{0.1, 0.4, 0.2, 0.05, 80, 4}, {0.5, 0.9, 0.7, 0.5, 20, 10}};
  diagrams.before.count = 100;
  diagrams.after.pieces = {{0.05, 0.1, 0.08, 0.05, 80, 4}, {0.12, 0.3, 0.2, 0.3, 20, 6}};
  diagrams.after.count = 100;
  diagrams.roc = {{{1, 0, 0}, {0.2, 0.1, 0.6}, {0, 1, 1}}, 0.72};
  diagrams.molchan = {{{1, 0, 1}, {0.2, 0.2, 0.4}, {0, 1, 0}}, 0.7, 0.65};
  diagrams.base_rate = 0.1;
  return diagrams;
}

EvaluationReport FullReport() {
  EvaluationReport report;
  report.title = "Full";
  report.verdict = "no demonstrated skill: 39 test weeks";
  report.ordered_in_time = report.simulated = true;
  report.command = "tremorcast-trainer evaluate";
  report.seeds = 3;
  report.class_names = {"none", "3.5 <= M < 4", "M >= 4"};
  report.regions = {"area-0", "area-1"};
  SliceFacts test;
  test.name = "test";
  test.rows = 100;
  test.issues = 50;
  test.first = test.last = absl::FromUnixSeconds(1600000000);
  test.class_counts = {90, 8, 2};
  report.slices = {test};
  report.rows = {Row("reference", "always majority", -0.02), Row("II", "implicit", 0.01), Row("IV", "proposed", 0.03),
                 Row("long tail", "sqrt, cRT", -0.01), Row("station mode, daily issues", "split in time", -0.02)};
  report.proposed = "proposed";
  PlaceboRow placebo;
  placebo.number = 1;
  placebo.name = "presence mask only";
  placebo.question = "Does the pattern of gaps forecast?";
  placebo.outcome = PlaceboOutcome::kSuspicious;
  placebo.gain = MeanInterval{0.02, 0.01, 0.03, 52};
  report.placebos = {placebo};
  report.curves = {{"stage 1", {1.5, 1.2}, {1.6, 1.4}, 2},
                   {"plain, head 1", {1.5, 1.2}, {1.6, 1.4}, 1},
                   {"plain, head 2", {1.5, 1.2}, {1.6, 1.4}, 1}};
  report.balanced_confusion = report.calibrated_confusion = ConfusionMatrix({{80, 5, 5}, {4, 4, 0}, {1, 0, 1}});
  report.event_diagrams = SomeDiagrams();
  report.by_region = {{"area-0", 50, 6, 0.02, MeanInterval{0.02, -0.01, 0.05, 50}, 0.04, "few"}};
  report.by_class = {{"M >= 4", 100, 2, 0.0, MeanInterval{0, 0, 0, 50}, 1.0, ""}};
  report.event_scores = {{"Peirce score", 0.31, "alarm at twice climatology"}};
  report.shift_p_value = 0.2;
  report.detectable_gain = 0.02;
  report.variants = {{"learning curve", "newest 50 %", 100, SomeMetrics(), MeanInterval{0.01, 0, 0.02, 50}, 0.5}};
  report.caveats = {"read with care"};
  report.published = {"others: 70.9"};
  return report;
}

// Every name that comes from outside, made nasty.
EvaluationReport NastyReport() {
  EvaluationReport report = FullReport();
  const std::string nasty(kNasty);
  for (std::string* text : {&report.title, &report.verdict, &report.command, &report.git_revision, &report.runtime,
                            &report.data_source, &report.data_hash, &report.plan_hash}) {
    *text = nasty;
  }
  for (std::string& name : report.class_names) name = nasty;
  for (std::string& name : report.regions) name = nasty;
  for (SliceFacts& slice : report.slices) report.slices.back().name = slice.name == "test" ? "test" : nasty;
  for (MethodRow& row : report.rows) row.table = row.name = nasty;
  report.proposed = nasty;
  for (PlaceboRow& row : report.placebos) row.name = row.question = row.comment = nasty;
  for (ReportCurve& curve : report.curves) curve.name = nasty;
  for (std::vector<GainPart>* parts : {&report.by_region, &report.by_class}) {
    for (GainPart& part : *parts) part.name = part.comment = nasty;
  }
  for (NamedScore& score : report.event_scores) score.name = score.comment = nasty;
  for (VariantRow& row : report.variants) row.experiment = row.setting = nasty;
  report.published = report.caveats = {nasty};
  report.rows[0].calibrated.push_back({nasty, {0.1, 0, 1}});
  return report;
}

// No heading of level 2 is followed by nothing.
void ExpectNoEmptySection(const std::string& page) {
  EXPECT_THAT(page, Not(HasSubstr("</h2>\n</section>")));
  for (const char* empty : {"<tbody>\n</tbody>", "<ul>\n</ul>", "<dl class=\"facts\">\n</dl>", "<figure>\n</figure>",
                            "<div class=\"plots\">\n</div>", "<thead><tr></tr>"}) {
    EXPECT_THAT(page, Not(HasSubstr(empty)));
  }
}

TEST(ReportHtmlTest, IsWellFormed) {
  EXPECT_EQ(WellFormedness::Check(RenderHtml(FullReport())), "");
  EXPECT_EQ(WellFormedness::Check(RenderHtml(NastyReport())), "");
  EXPECT_EQ(WellFormedness::Check(RenderHtml(EvaluationReport())), "");
}

TEST(ReportHtmlTest, TheCheckerSeesMistakes) {
  for (const char* wrong : {"<p>", "<p></b>", "a & b", "<p class=x></p>", "</p>", "<p>&nbsp;</p>", "a > b"}) {
    EXPECT_NE(WellFormedness::Check(absl::StrCat("<!DOCTYPE html>\n", wrong)), "") << wrong;
  }
}

TEST(ReportHtmlTest, EscapesEveryName) {
  const std::string page = RenderHtml(NastyReport());
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("alert(\"1\")")));
  EXPECT_THAT(page, HasSubstr(EscapeHtml(kNasty)));
}

TEST(ReportHtmlTest, NeedsNothingFromElsewhere) {
  const std::string page = RenderHtml(FullReport());
  for (const char* outside : {"<script", "src=", "<link", "@import", "url(", "http:", "https:", "<iframe", "<img"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(ReportHtmlTest, SaysTheVerdictFirstAndNamesEveryRow) {
  const EvaluationReport report = FullReport();
  const std::string page = RenderHtml(report);
  EXPECT_LT(page.find(report.verdict), page.find("<h2"));
  for (const MethodRow& row : report.rows) EXPECT_THAT(page, HasSubstr(EscapeHtml(row.name)));
  for (const PlaceboRow& row : report.placebos) {
    EXPECT_THAT(page, HasSubstr(EscapeHtml(row.name)));
    EXPECT_THAT(page, HasSubstr(EscapeHtml(row.question)));
  }
  for (const VariantRow& row : report.variants) EXPECT_THAT(page, HasSubstr(EscapeHtml(row.setting)));
  for (const NamedScore& score : report.event_scores) EXPECT_THAT(page, HasSubstr(EscapeHtml(score.name)));
  EXPECT_THAT(page, HasSubstr("SUSPICIOUS"));
  EXPECT_THAT(page, HasSubstr("1 further head "));
  ExpectNoEmptySection(page);
}

TEST(ReportHtmlTest, GivesEveryIdOnce) {
  const std::string page = RenderHtml(FullReport());
  std::vector<std::string> ids;
  for (size_t at = page.find(" id=\""); at != page.npos; at = page.find(" id=\"", at + 1)) {
    ids.push_back(page.substr(at + 5, page.find('"', at + 5) - at - 5));
  }
  EXPECT_GT(ids.size(), 20u);
  std::vector<std::string> unique = ids;
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  EXPECT_EQ(unique.size(), ids.size());
}

TEST(ReportHtmlTest, LeavesOutWhatTheReportLacks) {
  EvaluationReport half = FullReport();
  half.event_diagrams.reset();
  half.event_scores.clear();
  half.shift_p_value.reset();
  half.balanced_confusion.reset();
  half.calibrated_confusion.reset();
  half.by_region.clear();
  half.by_class.clear();
  half.variants.clear();
  half.curves.clear();
  for (MethodRow& row : half.rows) {
    row.gain_interval.reset();
    row.gain_before_pool.reset();
  }
  const std::string page = RenderHtml(half);
  for (const char* id :
       {"reliability", "roc", "molchan", "events", "confusion", "parts", "variants", "curves", "gain"}) {
    EXPECT_THAT(page, Not(HasSubstr(absl::StrCat("id=\"", id, "\"")))) << id;
    EXPECT_THAT(page, Not(HasSubstr(absl::StrCat("href=\"#", id, "\"")))) << id;
  }
  EXPECT_THAT(page, HasSubstr("id=\"tables\""));
  ExpectNoEmptySection(page);
  ExpectNoEmptySection(RenderHtml(EvaluationReport()));
}

TEST(ReportHtmlTest, CountsRowsThatThePoolTurnedIntoClimatology) {
  EvaluationReport report = FullReport();
  report.rows[1].gain_interval = MeanInterval{1e-18, -7e-19, 6e-18, 52};
  const std::string page = RenderHtml(report);
  EXPECT_THAT(page, HasSubstr("Not drawn: 1 row that is climatology itself"));
}

}  // namespace
}  // namespace tremorcast
