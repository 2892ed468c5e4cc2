#include "page/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "page/html.h"
#include "page/svg_text.h"

namespace tremorcast {
namespace {

constexpr int kStyles = 4;
constexpr double kLeft = 52, kRight = 14, kBottom = 40;
constexpr double kLegendLine = 17;

bool Finite(const ChartPoint& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

// Where values land on the page.
struct Frame {
  ChartAxis x, y;
  double top = 0, height = 0;
  double X(double value) const { return kLeft + (value - x.low) / (x.high - x.low) * (kChartWidth - kLeft - kRight); }
  double Y(double value) const { return top + height - (value - y.low) / (y.high - y.low) * height; }
};

// The range of the data, a little wider; [0, 1] without any.
ChartAxis FromData(ChartAxis axis, const LineChart& chart, double ChartPoint::*side) {
  if (axis.low < axis.high) return axis;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const ChartSeries& series : chart.series) {
    for (const auto* points : {&series.points, &series.marks}) {
      for (const ChartPoint& p : *points) {
        if (!Finite(p)) continue;
        low = std::min(low, p.*side);
        high = std::max(high, p.*side);
      }
    }
  }
  if (low > high) low = 0, high = 1;
  const double margin = high > low ? 0.04 * (high - low) : 0.5;
  axis.low = low - margin;
  axis.high = high + margin;
  return axis;
}

// The first is dotted, others are dashed.
absl::string_view GuideCss(size_t i) { return i == 0 ? "guide" : "guide second"; }

std::string LegendKey(double x, double y, int style, bool marks) {
  std::string out = SvgLine(x, y - 4, x + 22, y - 4, absl::StrCat("s", style));
  if (marks) absl::StrAppend(&out, SvgMark(style, x + 11, y - 4, 3, absl::StrCat("m", style)));
  return out;
}

// Names side by side while they fit, from y = `*y` on; moves `*y` below.
std::string Legend(const LineChart& chart, double* y) {
  std::string out;
  double x = kLeft;
  bool any = false;
  const auto place = [&](const std::string& name) {
    const double width = 28 + TextWidth(name) + 12;
    if (any && x + width > kChartWidth) {
      x = kLeft;
      *y += kLegendLine;
    }
    any = true;
    absl::StrAppend(&out, SvgText(x + 27, *y, "start", "label", FitText(name, kChartWidth - x - 30)));
    const double at = x;
    x += width;
    return at;
  };
  for (const ChartSeries& series : chart.series) {
    if (series.name.empty()) continue;
    const double at = place(series.name);
    absl::StrAppend(&out, LegendKey(at, *y, series.style % kStyles, !series.marks.empty()));
  }
  for (size_t i = 0; i < chart.guides.size(); ++i) {
    if (chart.guides[i].name.empty()) continue;
    const double at = place(chart.guides[i].name);
    absl::StrAppend(&out, SvgLine(at, *y - 4, at + 22, *y - 4, GuideCss(i)));
  }
  if (any) *y += kLegendLine - 5;
  return out;
}

std::vector<double> AxisTicks(const ChartAxis& axis) {
  std::vector<double> ticks = NiceTicks(axis.low, axis.high, 6);
  if (axis.counts) std::erase_if(ticks, [](double v) { return std::abs(v - std::round(v)) > 1e-9; });
  return ticks;
}

std::string Axes(const Frame& frame) {
  std::string out;
  const double right = kChartWidth - kRight, floor = frame.top + frame.height;
  const std::vector<double> xs = AxisTicks(frame.x), ys = AxisTicks(frame.y);
  const int x_decimals = frame.x.counts ? 0 : xs.size() > 1 ? TickDecimals(xs[1] - xs[0]) : 2;
  const int y_decimals = ys.size() > 1 ? TickDecimals(ys[1] - ys[0]) : 2;
  for (const double v : xs) {
    absl::StrAppend(&out, SvgLine(frame.X(v), frame.top, frame.X(v), floor, "grid"),
                    SvgText(frame.X(v), floor + 14, "middle", "tick", FixedNumber(v, x_decimals)));
  }
  for (const double v : ys) {
    absl::StrAppend(&out, SvgLine(kLeft, frame.Y(v), right, frame.Y(v), "grid"),
                    SvgText(kLeft - 5, frame.Y(v) + 4, "end", "tick", FixedNumber(v, y_decimals)));
  }
  absl::StrAppend(&out, SvgLine(kLeft, floor, right, floor, "axis"), SvgLine(kLeft, frame.top, kLeft, floor, "axis"),
                  SvgText((kLeft + right) / 2, floor + 31, "middle", "label", frame.x.label));
  const double middle = frame.top + frame.height / 2;
  absl::StrAppend(&out, "<text x=\"11\" y=\"", Unit(middle), "\" text-anchor=\"middle\" transform=\"rotate(-90 11 ",
                  Unit(middle), ")\" class=\"label\">", EscapeHtml(frame.y.label), "</text>\n");
  return out;
}

std::string SeriesPath(const Frame& frame, const ChartSeries& series) {
  std::string path;
  bool joined = false;
  for (const ChartPoint& p : series.points) {
    if (!Finite(p)) {
      joined = false;
      continue;
    }
    const std::string x = Unit(frame.X(p.x)), y = Unit(frame.Y(p.y));
    if (joined && series.step) {
      absl::StrAppend(&path, "H", x, "V", y);
    } else {
      absl::StrAppend(&path, joined ? "L" : "M", x, " ", y);
    }
    joined = true;
  }
  return path;
}

std::string Series(const Frame& frame, const ChartSeries& series) {
  const int style = series.style % kStyles;
  std::string out;
  const std::string path = SeriesPath(frame, series);
  if (!path.empty()) absl::StrAppend(&out, "<path d=\"", path, "\" class=\"s", style, "\"/>\n");
  for (size_t i = 0; i < series.marks.size(); ++i) {
    const ChartPoint& p = series.marks[i];
    if (!Finite(p)) continue;
    const double radius = i < series.mark_sizes.size() ? series.mark_sizes[i] : 3;
    absl::StrAppend(&out, SvgMark(style, frame.X(p.x), frame.Y(p.y), radius, absl::StrCat("m", style)));
  }
  return out;
}

}  // namespace

absl::string_view ChartStyle() {
  return R"css(
:root { --ink: #1b1b1b; --soft: #555; --rule: #d8d8d8; --paper: #fff; --c0: #0060a0; --c1: #c04a00; --c2: #007a58;
  --c3: #9b4880; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #b4b4b4; --rule: #3d4248; --paper: #15181c; --c0: #6cc0f5; --c1: #f2a03d;
    --c2: #3fd0a4; --c3: #e59bc8; }
}
@media print {
  :root { --ink: #000; --soft: #222; --rule: #bbb; --paper: #fff; --c0: #000; --c1: #000; --c2: #000; --c3: #000; }
}
svg.chart { display: block; width: 100%; height: auto; max-width: 30rem; }
.chart text { font-size: 11px; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px;
  stroke-linejoin: round; font-variant-numeric: tabular-nums; }
.chart .tick { fill: var(--soft); }
.chart .strong, .chart .group { font-weight: 700; }
.chart .grid { stroke: var(--rule); stroke-width: .6; }
.chart .axis { stroke: var(--soft); stroke-width: 1; }
.chart .guide { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1.5 2.5; }
.chart .guide.second { stroke-dasharray: 7 3; }
.chart .s0, .chart .s1, .chart .s2, .chart .s3 { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.chart .s0, .chart .m0 { stroke: var(--c0); }
.chart .s1, .chart .m1 { stroke: var(--c1); }
.chart .s2, .chart .m2 { stroke: var(--c2); }
.chart .s3, .chart .m3 { stroke: var(--c3); }
.chart .s1 { stroke-dasharray: 6 3; }
.chart .s2 { stroke-dasharray: 2 2.5; }
.chart .s3 { stroke-dasharray: 9 3 2 3; }
.chart .m0, .chart .m1, .chart .m2, .chart .m3 { stroke-width: 1.4; fill: var(--paper); }
.chart .m0 { fill: var(--c0); }
.chart .zero { stroke: var(--ink); stroke-width: 1; }
.chart .bar { stroke-width: 2.2; }
.chart .above { stroke: var(--c0); fill: var(--c0); }
.chart .below { stroke: var(--c1); fill: var(--c1); }
.chart .around { stroke: var(--soft); fill: var(--paper); }
.chart .mark { stroke-width: 1.5; }
)css";
}

std::vector<double> NiceTicks(double low, double high, int target) {
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high) || target < 1) return {};
  const double raw = (high - low) / target;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double ratio = raw / power;
  const double step = power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
  std::vector<double> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step && ticks.size() < 100; ++k) {
    ticks.push_back(k * step);
  }
  return ticks;
}

std::string RenderLineChart(const LineChart& chart) {
  double y = 12;
  const std::string legend = Legend(chart, &y);
  Frame frame;
  frame.x = FromData(chart.x, chart, &ChartPoint::x);
  frame.y = FromData(chart.y, chart, &ChartPoint::y);
  frame.top = y;
  frame.height = chart.square ? kChartWidth - kLeft - kRight : 170;
  std::string out =
      absl::StrCat(OpenSvg(chart.id, chart.title, chart.description, frame.top + frame.height + kBottom), Axes(frame));
  for (size_t i = 0; i < chart.guides.size(); ++i) {
    const ChartGuide& guide = chart.guides[i];
    if (!Finite(guide.from) || !Finite(guide.to)) continue;
    absl::StrAppend(&out, SvgLine(frame.X(guide.from.x), frame.Y(guide.from.y), frame.X(guide.to.x),
                                  frame.Y(guide.to.y), GuideCss(i)));
  }
  for (const ChartSeries& series : chart.series) absl::StrAppend(&out, Series(frame, series));
  absl::StrAppend(&out, legend, CloseSvg());
  return out;
}

}  // namespace tremorcast
