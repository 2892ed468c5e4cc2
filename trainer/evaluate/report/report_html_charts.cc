#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "page/html.h"
#include "page/svg_chart.h"
#include "trainer/evaluate/report/report_html_sections.h"

namespace tremorcast {
namespace {

constexpr absl::string_view kIntervalsBesideZero =
    " rows with 95 % intervals beside a line at zero; the tables have the numbers.";
constexpr double kRounding = 1e-9;  // gains below it are 0

bool IsZero(const MeanInterval& gain) {
  return std::max({std::abs(gain.mean), std::abs(gain.low), std::abs(gain.high)}) < kRounding;
}

IntervalRow RowOf(const std::string& name, const MeanInterval& gain, bool strong = false) {
  return {.name = name, .mean = gain.mean, .low = gain.low, .high = gain.high, .strong = strong};
}

// `caption` is HTML.
std::string Figure(const std::string& chart, const std::string& caption) {
  return absl::StrCat("<figure>\n", chart, "<figcaption>", caption, "</figcaption>\n</figure>\n");
}

// Charts side by side where there is space.
std::string Plots(const std::string& inside, bool one = false) {
  return absl::StrCat("<div class=\"plots", one ? " one" : "", "\">\n", inside, "</div>\n");
}

void AddToGroup(const std::string& group, IntervalRow row, std::vector<IntervalGroup>* groups) {
  for (IntervalGroup& own : *groups) {
    if (own.name == group) {
      own.rows.push_back(std::move(row));
      return;
    }
  }
  groups->push_back({group, {std::move(row)}});
}

std::string GroupName(const std::string& table) {
  if (table == "reference") return "References";
  if (table == "long tail") return "Long-tail treatments";
  return table.find_first_not_of("IV") == std::string::npos ? absl::StrCat("Table ", table) : table;
}

// What the pool turned into climatology has a gain of 0 by construction and is not drawn.
bool DrawnAsIssued(const MethodRow& row, const EvaluationReport& report) {
  if (!row.gain_interval.has_value()) return false;
  return !IsZero(*row.gain_interval) || (row.table == "IV" && row.name == report.proposed);
}

std::string IssuedChart(const EvaluationReport& report) {
  IntervalChart chart;
  chart.id = "gain-issued";
  chart.title = "Gain over climatology of what would be issued";
  chart.axis = "nats per row; right of 0 is better than climatology";
  int zero = 0, drawn = 0;
  for (const MethodRow& row : report.rows) {
    if (!row.gain_interval.has_value()) continue;
    if (!DrawnAsIssued(row, report)) {
      ++zero;
      continue;
    }
    ++drawn;
    AddToGroup(GroupName(row.table), RowOf(row.name, *row.gain_interval, row.name == report.proposed), &chart.groups);
  }
  if (drawn == 0) return "";
  chart.description = absl::StrCat(drawn, kIntervalsBesideZero);
  std::string caption = absl::StrCat("<strong>As issued.</strong> Bars are 95 % block-bootstrap intervals over weeks; ",
                                     "a filled mark is clear of 0, a hollow one is not; an arrow leaves the picture.");
  if (zero > 0) {
    absl::StrAppend(&caption, " Not drawn: ", zero,
                    zero == 1 ? " row that is climatology itself."
                              : " rows with a gain of 0: climatology, and what a pool weight of 0 made climatology.");
  }
  return Figure(RenderIntervalChart(chart), caption);
}

// The long-tail treatments are many and have a picture of their own.
std::string BeforePoolChart(const EvaluationReport& report, bool long_tail) {
  IntervalChart chart;
  chart.id = long_tail ? "gain-long-tail" : "gain-before-pool";
  chart.title =
      absl::StrCat("Gain over climatology before the pool", long_tail ? ", long-tail treatments" : ", by table");
  chart.axis = "nats per row; right of 0 is better than climatology";
  int drawn = 0;
  for (const MethodRow& row : report.rows) {
    if (!row.gain_before_pool.has_value() || (row.table == "long tail") != long_tail) continue;
    ++drawn;
    AddToGroup(GroupName(row.table), RowOf(row.name, *row.gain_before_pool, row.name == report.proposed),
               &chart.groups);
  }
  if (drawn == 0) return "";
  chart.description = absl::StrCat(drawn, kIntervalsBesideZero);
  return Figure(RenderIntervalChart(chart),
                long_tail ? "<strong>Before the pool, long-tail treatments.</strong> On a scale of its own."
                          : "<strong>Before the pool.</strong> What the networks and trees say by themselves: a pool "
                            "weight of 0 hides it from what is issued. Same bars and marks.");
}

// Along the steps of the isotonic curve; a mark for each, larger for more rows.
ChartSeries ReliabilitySeries(const std::string& name, const Reliability& reliability, int style) {
  ChartSeries series;
  series.name = name;
  series.style = style;
  for (const ReliabilityPiece& piece : reliability.pieces) {
    series.points.push_back({piece.forecast_low, piece.observed_frequency});
    if (piece.forecast_high > piece.forecast_low) {
      series.points.push_back({piece.forecast_high, piece.observed_frequency});
    }
    series.marks.push_back({piece.mean_forecast, piece.observed_frequency});
    const double share =
        reliability.count > 0 ? static_cast<double>(piece.count) / static_cast<double>(reliability.count) : 0;
    series.mark_sizes.push_back(2 + 5 * std::sqrt(share));
  }
  return series;
}

double Largest(const Reliability& reliability) {
  double largest = 0;
  for (const ReliabilityPiece& piece : reliability.pieces) {
    if (std::isfinite(piece.forecast_high)) largest = std::max(largest, piece.forecast_high);
    if (std::isfinite(piece.observed_frequency)) largest = std::max(largest, piece.observed_frequency);
  }
  return largest;
}

// A round end of an axis that starts at 0.
double RoundUp(double value) {
  for (const double end : {0.05, 0.1, 0.2, 0.3, 0.5}) {
    if (value <= end) return end;
  }
  return 1;
}

LineChart ReliabilityChart(const std::string& id, double end, double base_rate) {
  LineChart chart;
  chart.id = id;
  chart.x = {.label = "forecast probability of an event", .low = 0, .high = end};
  chart.y = {.label = "observed frequency", .low = 0, .high = end};
  chart.square = true;
  chart.guides = {{"perfect", {0, 0}, {end, end}}, {"base rate", {0, base_rate}, {end, base_rate}}};
  return chart;
}

HtmlRow BrierRow(const std::string& name, const Reliability& r) {
  return {{.html = name, .header = true},
          {.html = FixedNumber(r.brier, 4)},
          {.html = FixedNumber(r.miscalibration, 4)},
          {.html = FixedNumber(r.discrimination, 4)},
          {.html = FixedNumber(r.uncertainty, 4)}};
}

std::string RocFigure(const RocCurve& roc) {
  if (roc.points.empty()) return "";
  LineChart chart;
  chart.id = "roc-chart";
  chart.title = "ROC of the probability of an event";
  chart.description = absl::StrCat("Hit rate against false-alarm rate over all thresholds; the area is ",
                                   FixedNumber(roc.area, 3), ", 0.5 is no discrimination.");
  chart.x = {.label = "false-alarm rate", .low = 0, .high = 1};
  chart.y = {.label = "hit rate", .low = 0, .high = 1};
  chart.square = true;
  chart.guides = {{"no discrimination", {0, 0}, {1, 1}}};
  ChartSeries series;
  series.name = "as issued";
  for (const RocPoint& point : roc.points) series.points.push_back({point.false_alarm_rate, point.hit_rate});
  chart.series.push_back(std::move(series));
  return Figure(RenderLineChart(chart),
                absl::StrCat("<strong>Area ", FixedNumber(roc.area, 3), ".</strong> Only the order of the ",
                             "forecasts counts here: knowing which regions are active lifts the area above 0.5 ",
                             "without any skill over climatology."));
}

std::string MolchanFigure(const MolchanDiagram& molchan, absl::string_view rows_name) {
  if (molchan.points.empty()) return "";
  LineChart chart;
  chart.id = "molchan-chart";
  chart.title = "Molchan diagram of the probability of an event";
  chart.description = absl::StrCat("Share of events missed against the share of rows under alarm; area skill ",
                                   FixedNumber(molchan.area_skill_step, 3), " (steps), 0.5 is alarms at random.");
  chart.x = {.label = absl::StrCat("share of ", rows_name, " under alarm"), .low = 0, .high = 1};
  chart.y = {.label = "share of events missed", .low = 0, .high = 1};
  chart.square = true;
  chart.guides = {{"alarms at random", {0, 1}, {1, 0}}};
  ChartSeries series;
  series.name = "as issued";
  series.step = true;
  for (const MolchanPoint& point : molchan.points) series.points.push_back({point.alarm_fraction, point.miss_rate});
  chart.series.push_back(std::move(series));
  return Figure(
      RenderLineChart(chart),
      absl::StrCat("<strong>Area skill ", FixedNumber(molchan.area_skill_step, 3), " by steps, ",
                   FixedNumber(molchan.area_skill_trapezoid, 3), " by straight lines.</strong> Lower curves are ",
                   "better. Alarms are counted in rows, so an active region alone lowers the curve: ",
                   "this is not skill over climatology."));
}

struct NamedCurve {
  const ReportCurve* curve;
  std::string name;
  int heads;
};

// The first head of each network; how many there were.
std::vector<NamedCurve> FirstHeads(const EvaluationReport& report) {
  std::vector<NamedCurve> first;
  for (const ReportCurve& curve : report.curves) {
    if (curve.train_loss.empty() && curve.validation_loss.empty()) continue;
    const size_t head = curve.name.rfind(", head ");
    const std::string name = curve.name.substr(0, head);
    const auto same = std::find_if(first.begin(), first.end(), [&](const NamedCurve& own) { return own.name == name; });
    if (same != first.end()) {
      ++same->heads;
    } else {
      first.push_back({&curve, name, 1});
    }
  }
  return first;
}

ChartSeries LossSeries(const std::string& name, const std::vector<double>& losses, int best_epoch, int style) {
  ChartSeries series;
  series.name = name;
  series.style = style;
  for (size_t i = 0; i < losses.size(); ++i) series.points.push_back({static_cast<double>(i + 1), losses[i]});
  if (best_epoch >= 1 && static_cast<size_t>(best_epoch) <= losses.size()) {
    series.marks.push_back({static_cast<double>(best_epoch), losses[static_cast<size_t>(best_epoch - 1)]});
    series.mark_sizes.push_back(4);
  }
  return series;
}

std::string CurveFigure(const NamedCurve& named, size_t index) {
  const ReportCurve& curve = *named.curve;
  LineChart chart;
  chart.id = absl::StrCat("curve-", index);
  chart.title = absl::StrCat("Loss of ", curve.name);
  const size_t epochs = std::max(curve.train_loss.size(), curve.validation_loss.size());
  chart.description = absl::StrCat("Training and validation loss over ", epochs, epochs == 1 ? " epoch" : " epochs",
                                   "; the weights of epoch ", curve.best_epoch, " were kept.");
  chart.x = {.label = "epoch", .counts = true};
  chart.y.label = "loss";
  chart.series = {LossSeries("training", curve.train_loss, 0, 0),
                  LossSeries("validation", curve.validation_loss, curve.best_epoch, 1)};
  std::string caption = absl::StrCat("<strong>", EscapeHtml(named.name), "</strong>");
  if (named.heads > 1) absl::StrAppend(&caption, ", first of ", named.heads, " heads");
  if (curve.best_epoch > 0) absl::StrAppend(&caption, "; weights of epoch ", curve.best_epoch, " kept");
  return Figure(RenderLineChart(chart), caption);
}

}  // namespace

std::string GainForestSection(const EvaluationReport& report) {
  const std::vector<std::string> figures = {IssuedChart(report), BeforePoolChart(report, false),
                                            BeforePoolChart(report, true)};
  const auto empty = std::count(figures.begin(), figures.end(), "");
  if (empty == 3) return "";
  return Plots(absl::StrCat(figures[0], figures[1], figures[2]), empty == 2);
}

std::string ReliabilitySection(const EvaluationReport& report) {
  if (!report.event_diagrams.has_value()) return "";
  const EventDiagrams& d = *report.event_diagrams;
  if (d.before.pieces.empty() && d.after.pieces.empty()) return "";
  const double wide = RoundUp(std::max({Largest(d.before), Largest(d.after), d.base_rate}));
  const double narrow = RoundUp(std::max(Largest(d.after), d.base_rate));
  LineChart both = ReliabilityChart("reliability-both", wide, d.base_rate);
  both.title = "Reliability of the probability of an event";
  both.description = absl::StrCat("Observed frequency against forecast probability, before and after calibration and ",
                                  "pool; the base rate is ", FixedNumber(d.base_rate, 3), ".");
  both.series = {ReliabilitySeries("as issued", d.after, 0), ReliabilitySeries("before", d.before, 1)};
  std::string plots = Figure(RenderLineChart(both),
                             "Isotonic (CORP) curves: on the dotted diagonal, events come as often as forecast. A "
                             "larger mark stands for more rows. <em>Before</em> is the balanced answer of the network, "
                             "which is not meant to be a probability of a real week.");
  if (narrow < wide) {
    LineChart issued = ReliabilityChart("reliability-issued", narrow, d.base_rate);
    issued.title = "Reliability of what would be issued, enlarged";
    issued.description = absl::StrCat("The curve as issued alone, up to a probability of ", narrow, ".");
    issued.series = {ReliabilitySeries("as issued", d.after, 0)};
    absl::StrAppend(&plots, Figure(RenderLineChart(issued), "The curve as issued alone, enlarged."));
  }
  HtmlTable table;
  table.caption = "Parts of the Brier score: Brier = miscalibration &#8722; discrimination + uncertainty";
  table.columns = {"Answer", "Brier", "Miscalibration", "Discrimination", "Uncertainty"};
  table.groups = {{BrierRow("as issued", d.after), BrierRow("before", d.before)}};
  return absl::StrCat(Plots(plots, narrow >= wide), RenderTable(table));
}

std::string RocMolchanSection(const EvaluationReport& report) {
  if (!report.event_diagrams.has_value()) return "";
  const std::string roc = RocFigure(report.event_diagrams->roc);
  const std::string molchan = MolchanFigure(report.event_diagrams->molchan, RowsName(report));
  if (roc.empty() && molchan.empty()) return "";
  return Plots(absl::StrCat(roc, molchan), roc.empty() || molchan.empty());
}

std::string CurvesSection(const EvaluationReport& report) {
  const std::vector<NamedCurve> first = FirstHeads(report);
  if (first.empty()) return "";
  std::string plots;
  int heads = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    absl::StrAppend(&plots, CurveFigure(first[i], i + 1));
    heads += first[i].heads;
  }
  const int left_out = heads - static_cast<int>(first.size());
  std::string note = "<p class=\"soft\">Loss by epoch of the first seed; the mark is the epoch that was kept.";
  if (left_out > 0) {
    absl::StrAppend(&note, " Of each network the first head is drawn; the curves of ", left_out,
                    left_out == 1 ? " further head are" : " further heads are", " in the JSON report.");
  }
  return absl::StrCat(note, "</p>\n", Plots(plots));
}

std::string GainPartsChart(const std::vector<GainPart>& parts, absl::string_view id, absl::string_view title) {
  IntervalChart chart;
  IntervalGroup group;
  for (const GainPart& part : parts) {
    if (part.interval.has_value()) group.rows.push_back(RowOf(part.name, *part.interval));
  }
  const bool any = std::any_of(parts.begin(), parts.end(), [](const GainPart& part) {
    return part.interval.has_value() && !IsZero(*part.interval);
  });
  if (!any) return "";
  chart.id = std::string(id);
  chart.title = std::string(title);
  chart.description = absl::StrCat(group.rows.size(), " gains with 95 % intervals beside a line at zero.");
  chart.axis = "nats per row";
  chart.groups.push_back(std::move(group));
  return RenderIntervalChart(chart);
}

std::string PlaceboChart(const std::vector<PlaceboRow>& placebos) {
  IntervalChart chart;
  IntervalGroup group;
  for (const PlaceboRow& row : placebos) {
    if (row.gain.has_value()) group.rows.push_back(RowOf(absl::StrCat("(", row.number, ") ", row.name), *row.gain));
  }
  if (group.rows.empty()) return "";
  chart.id = "placebo-chart";
  chart.title = "Gain of the placebo runs over climatology";
  chart.description = absl::StrCat(group.rows.size(), " runs with 95 % intervals beside a line at zero.");
  chart.axis = "nats per row, before the pool";
  chart.groups.push_back(std::move(group));
  return RenderIntervalChart(chart);
}

}  // namespace tremorcast
