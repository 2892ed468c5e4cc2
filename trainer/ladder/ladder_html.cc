#include "trainer/ladder/ladder_html.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "page/html.h"
#include "page/svg_chart.h"

namespace tremorcast {
namespace {

constexpr size_t kMostKernels = 400;  // in the map, the heaviest

std::string Figure(const std::string& svg, absl::string_view caption) {
  return absl::StrCat("<figure>\n", svg, "<figcaption>", caption, "</figcaption>\n</figure>\n");
}

std::string Section(absl::string_view id, absl::string_view title, const std::string& html) {
  return absl::StrCat("<section aria-labelledby=\"", id, "\">\n<h2 id=\"", id, "\">", title, "</h2>\n", html,
                      "</section>\n");
}

HtmlCell Name(const std::string& text) { return {.html = EscapeHtml(text), .header = true, .text = true}; }
HtmlCell Text(const std::string& text) { return {.html = EscapeHtml(text), .text = true}; }
HtmlCell Number(double value, int decimals) { return {.html = FixedNumber(value, decimals)}; }
HtmlCell Count(int64_t value) { return {.html = GroupedNumber(value)}; }

std::string VerdictPart(const LadderReport& report) {
  const LadderTrial& trial = report.trial;
  const std::vector<HtmlFact> facts = {
      {"Catalogue", EscapeHtml(report.source)},
      {"Events", GroupedNumber(report.events)},
      {"Complete",
       absl::StrCat(UtcAndLocalDate(report.options.period.begin), " to ", UtcAndLocalDate(report.options.period.end))},
      {"Tests",
       absl::StrCat(GroupedNumber(trial.scores.weeks), " issues, ", GroupedNumber(trial.scores.region_weeks),
                    " rows of one region, ", GroupedNumber(trial.scores.event_weeks), " of them with an event")},
      {"Events of the first class and above",
       absl::StrCat(FixedNumber(trial.expected, 1), " expected, ", GroupedNumber(trial.observed), " observed; ",
                    PercentOf(trial.in_range), " of rows within their middle 95 %")}};
  return absl::StrCat(
      "<div class=\"verdict", trial.verdict.demonstrated_skill ? " yes" : "", "\">\n<p class=\"badge\">",
      trial.verdict.demonstrated_skill ? "\xE2\x9C\x93 Demonstrated skill" : "\xE2\x9C\x97 No demonstrated skill",
      "</p>\n<p>", EscapeHtml(trial.verdict.sentence), "</p>\n</div>\n", RenderFacts(facts),
      "<div class=\"note\" role=\"note\"><p><strong>Research use:</strong> no one can predict the ",
      "exact time or place of an earthquake.</p></div>\n");
}

void AddInterval(const std::string& name, const std::optional<MeanInterval>& gain, bool strong, IntervalGroup& group) {
  if (gain.has_value()) group.rows.push_back({name, gain->mean, gain->low, gain->high, strong});
}

std::string GainSection(const LadderReport& report, const CatalogueDiagnostics& diagnostics) {
  const LadderTrial& trial = report.trial;
  IntervalChart chart;
  chart.id = "gain-chart";
  chart.title = "Gain of the catalogue model";
  chart.axis = "nats per region and issue; right of 0 is better";
  IntervalGroup real, placebos;
  real.name = "The catalogue as it is";
  AddInterval("over climatology, as issued", trial.gain, true, real);
  AddInterval("over climatology, before the pool", trial.gain_before_pool, false, real);
  AddInterval("over its input-free twin", trial.gain_over_twin, false, real);
  AddInterval("over the logistic model", trial.gain_over_logistic, false, real);
  placebos.name = "Placebos: they must not gain";
  for (const LadderPlacebo& placebo : report.placebos) AddInterval(placebo.name, placebo.trial.gain, false, placebos);
  chart.description = absl::StrCat(real.rows.size() + placebos.rows.size(), " intervals beside a line at zero.");
  for (IntervalGroup* group : {&real, &placebos}) {
    if (!group->rows.empty()) chart.groups.push_back(std::move(*group));
  }
  return absl::StrCat(
      chart.groups.empty() ? "" : Figure(RenderIntervalChart(chart), "Bars are 95 % block-bootstrap intervals."),
      "<p>Per row with an event the gain over climatology is ", FixedNumber(trial.scores.gain_per_event_week, 3),
      " nats. Event by event, time and place of all in the box are worth ", SignedNumber(diagnostics.gain_per_event, 2),
      " nats each over an even rate.</p>\n");
}

std::string OriginSection(const LadderReport& report) {
  HtmlTable table;
  table.caption = "Fits, each to what lies before it";
  table.columns = {"From", "Events", "Complete from", "b", "Branching", "Pool weight"};
  std::vector<HtmlRow> rows;
  for (size_t o = 0; o < report.trial.origins.size(); ++o) {
    const LadderOrigin& origin = report.trial.origins[o];
    const std::string from = absl::StrCat(FormatNetworkTime(origin.begin).substr(0, 10), o == 0 ? " (pool only)" : "");
    const CatalogueRung& rung = origin.rung;
    rows.push_back({Name(from), Count(rung.fit.targets), Number(rung.completeness.magnitude, 1),
                    Number(rung.completeness.beta.value / std::numbers::ln10, 2),
                    rung.accepted() ? Number(rung.fit.branching_ratio, 2) : Text("refused: " + rung.refusal),
                    Number(origin.pool.weight, 2)});
  }
  table.groups.push_back(std::move(rows));
  return RenderTable(table);
}

std::string TestSection(const CatalogueDiagnostics& diagnostics) {
  if (diagnostics.issues == 0)
    return "<p>Nothing was tested: no fit was accepted, or the regions lie around the date line.</p>\n";
  HtmlTable table;
  table.caption = "CSEP's tests of the simulated catalogues, by issue";
  table.columns = {"Test", "Asks", "Issues", "Rejected at 5 %", "Share"};
  std::vector<HtmlRow> rows;
  for (const DiagnosticTest& test : diagnostics.tests) {
    rows.push_back({Name(test.name),
                    Text(test.asks),
                    Count(test.issues),
                    Count(test.rejected),
                    {.html = test.issues > 0 ? PercentOf(static_cast<double>(test.rejected) / test.issues) : "none"}});
  }
  table.groups.push_back(std::move(rows));
  return absl::StrCat(
      RenderTable(table),
      "<p>A model that is right is rejected in at most 5 % of the issues. An issue without an event has no "
      "place or size to test.</p>\n");
}

std::string ResidualSection(const CatalogueDiagnostics& diagnostics) {
  if (diagnostics.waits.empty()) return "<p>No event came in the tests.</p>\n";
  LineChart chart;
  chart.id = "residual-chart";
  chart.title = "Events against what was expected by then";
  chart.x.label = "expected number";
  chart.y.label = "events";
  chart.square = true;
  ChartSeries seen;
  seen.name = "observed";
  seen.step = true;
  seen.points.push_back({0, 0});
  double sum = 0;
  for (size_t i = 0; i < diagnostics.waits.size(); ++i) {
    sum += diagnostics.waits[i];
    seen.points.push_back({sum, static_cast<double>(i + 1)});
  }
  const double end = std::max(sum, static_cast<double>(diagnostics.waits.size()));
  chart.guides.push_back({"as expected", {0, 0}, {end, end}});
  chart.series.push_back(std::move(seen));
  chart.description =
      absl::StrCat(diagnostics.events, " events where ", FixedNumber(diagnostics.expected, 1), " were expected.");
  std::string caption = absl::StrCat(GroupedNumber(diagnostics.events), " events in the box, ",
                                     FixedNumber(diagnostics.expected, 1), " expected.");
  if (diagnostics.waits_test.has_value()) {
    absl::StrAppend(&caption, " Waits by expected number look exponential with p = ",
                    FixedNumber(diagnostics.waits_test->p_value, 3), " (Kolmogorov and Smirnov).");
  }
  return Figure(RenderLineChart(chart), caption);
}

std::string MapSection(const LadderReport& report) {
  const EtasModel& model = report.shown.fit.model;
  if (model.background.kernels.empty()) return "<p>The background is even.</p>\n";
  std::vector<EtasBackground::Kernel> kernels = model.background.kernels;
  std::sort(kernels.begin(), kernels.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  if (kernels.size() > kMostKernels) kernels.resize(kMostKernels);
  LineChart chart;
  chart.id = "background-map";
  chart.title = "Where background events come from";
  chart.description =
      absl::StrCat(kernels.size(), " kernels and the borders of ", report.options.regions.size(), " regions.");
  chart.x.label = "longitude, degrees";
  chart.y.label = "latitude, degrees";
  ChartSeries borders;
  borders.name = "regions";
  borders.style = 1;
  for (const Region& region : report.options.regions) {
    for (const GeoPoint& p : region.polygon) borders.points.push_back({p.longitude_deg, p.latitude_deg});
    if (!region.polygon.empty()) {
      borders.points.push_back({region.polygon[0].longitude_deg, region.polygon[0].latitude_deg});
    }
    borders.points.push_back({std::nan(""), std::nan("")});  // lifts the pen
  }
  ChartSeries marks;
  marks.name = "kernels, larger for more weight";
  const double heaviest = std::max(kernels.front().weight, 1e-300);
  for (const EtasBackground::Kernel& kernel : kernels) {
    marks.marks.push_back({kernel.centre.longitude_deg, kernel.centre.latitude_deg});
    marks.mark_sizes.push_back(0.5 + 2 * std::sqrt(kernel.weight / heaviest));
  }
  chart.series = {std::move(borders), std::move(marks)};
  return Figure(
      RenderLineChart(chart),
      absl::StrCat("The fit to what lies before ", FormatNetworkTime(report.shown.targets.end).substr(0, 10), ": ",
                   GroupedNumber(static_cast<int64_t>(model.background.kernels.size())), " kernels, the heaviest ",
                   GroupedNumber(static_cast<int64_t>(kernels.size())), " drawn."));
}

std::string MadeSection(const LadderReport& report) {
  const LadderTrialOptions& options = report.options;
  std::vector<HtmlFact> facts = {{"Made", UtcMinute(report.created_at)},
                                 {"Command", absl::StrCat("<code>", EscapeHtml(report.command), "</code>")},
                                 {"Program", EscapeHtml(report.git_revision)},
                                 {"Catalogues of an issue", GroupedNumber(options.catalogues)},
                                 {"Seed", absl::StrCat(options.seed)},
                                 {"Issues every", absl::StrCat(options.step / absl::Hours(24), " days")}};
  if (!report.data_hash.empty()) facts.push_back({"Data", EscapeHtml(report.data_hash)});
  if (!report.plan_hash.empty()) facts.push_back({"Plan", EscapeHtml(report.plan_hash)});
  if (!report.sha256.empty()) facts.push_back({"Model", EscapeHtml(report.sha256)});
  return RenderFacts(facts);
}

}  // namespace

std::string LadderReportToHtml(const LadderReport& report, const CatalogueDiagnostics& diagnostics) {
  const std::string title = "The catalogue model against climatology";
  return absl::StrCat(
      OpenPage("en", title, ""), "<main id=\"main\">\n<h1>", title, "</h1>\n", VerdictPart(report),
      Section("gain", "Gain", GainSection(report, diagnostics)), Section("fits", "Fits", OriginSection(report)),
      Section("tests", "Numbers, places and sizes", TestSection(diagnostics)),
      Section("residuals", "Times", ResidualSection(diagnostics)),
      Section("background", "Background", MapSection(report)), Section("made", "How it was made", MadeSection(report)),
      "</main>\n<footer><p>Tremorcast. Research use: no one can predict the exact time or place of an ",
      "earthquake.</p></footer>\n</body>\n</html>\n");
}

}  // namespace tremorcast
