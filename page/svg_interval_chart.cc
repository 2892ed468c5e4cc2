#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "page/html.h"
#include "page/svg_chart.h"
#include "page/svg_text.h"

namespace tremorcast {
namespace {

constexpr size_t kEnoughToClip = 6;  // rows; fewer are all shown whole
constexpr double kSide = 8, kRowHeight = 31, kGroupHeight = 24, kBottom = 38;

bool HasInterval(const IntervalRow& row) {
  return row.low.has_value() && row.high.has_value() && std::isfinite(*row.low) && std::isfinite(*row.high);
}

double Reach(const IntervalRow& row) {
  const double mean = std::fabs(row.mean);
  return HasInterval(row) ? std::max({mean, std::fabs(*row.low), std::fabs(*row.high)}) : mean;
}

// Scale of the axis: all rows, unless a few reach over six times as far as the third quartile of
// rows.
struct Scale {
  double low = 0, high = 0;
  double X(double v) const { return kSide + (v - low) / (high - low) * (kChartWidth - 2 * kSide); }
};

double Limit(const IntervalChart& chart) {
  std::vector<double> reaches;
  double strong = 0;
  for (const IntervalGroup& group : chart.groups) {
    for (const IntervalRow& row : group.rows) {
      if (!std::isfinite(row.mean)) continue;
      reaches.push_back(Reach(row));
      if (row.strong) strong = std::max(strong, Reach(row));
    }
  }
  if (reaches.empty()) return 1;
  std::sort(reaches.begin(), reaches.end());
  const double usual = reaches[(reaches.size() - 1) * 3 / 4];
  const double limit = reaches.size() >= kEnoughToClip && reaches.back() > 6 * usual ? 1.3 * usual : reaches.back();
  return std::max({limit, strong, 1e-6});
}

Scale ScaleOf(const IntervalChart& chart) {
  const double limit = Limit(chart);
  Scale scale;
  for (const IntervalGroup& group : chart.groups) {
    for (const IntervalRow& row : group.rows) {
      if (!std::isfinite(row.mean)) continue;
      scale.low = std::min({scale.low, row.mean, HasInterval(row) ? *row.low : 0});
      scale.high = std::max({scale.high, row.mean, HasInterval(row) ? *row.high : 0});
    }
  }
  scale.low = std::max(scale.low, -limit);
  scale.high = std::min(scale.high, limit);
  const double margin = 0.05 * std::max(scale.high - scale.low, 1e-6);
  scale.low -= margin;
  scale.high += margin;
  return scale;
}

std::string Numbers(const IntervalRow& row) {
  if (!HasInterval(row)) return SignedNumber(row.mean, 4);
  return absl::StrCat(SignedNumber(row.mean, 4), " [", SignedNumber(*row.low, 4), ", ", SignedNumber(*row.high, 4),
                      "]");
}

// A triangle that points out of the picture.
std::string Arrow(double x, double y, double direction, absl::string_view css) {
  return absl::StrCat("<path d=\"M", Unit(x), " ", Unit(y), "l", Unit(-7 * direction), " -4.5v9z\" class=\"mark ", css,
                      "\"/>\n");
}

std::string Bar(const IntervalRow& row, const Scale& scale, double y) {
  if (!std::isfinite(row.mean)) return "";
  const bool interval = HasInterval(row);
  const absl::string_view css = interval && *row.low > 0 ? "above" : interval && *row.high < 0 ? "below" : "around";
  const double left = scale.X(scale.low), right = scale.X(scale.high);
  std::string out;
  if (interval && *row.low<scale.high&& * row.high> scale.low) {
    const double from = std::max(*row.low, scale.low), to = std::min(*row.high, scale.high);
    const std::string bar = absl::StrCat("bar ", css);
    absl::StrAppend(&out, SvgLine(scale.X(from), y, scale.X(to), y, bar));
    if (from == *row.low) absl::StrAppend(&out, SvgLine(scale.X(from), y - 4, scale.X(from), y + 4, bar));
    if (to == *row.high) absl::StrAppend(&out, SvgLine(scale.X(to), y - 4, scale.X(to), y + 4, bar));
  }
  const bool beyond_left = row.mean < scale.low || (interval && *row.low < scale.low);
  const bool beyond_right = row.mean > scale.high || (interval && *row.high > scale.high);
  if (beyond_left) absl::StrAppend(&out, Arrow(left, y, -1, css));
  if (beyond_right) absl::StrAppend(&out, Arrow(right, y, 1, css));
  if (row.mean >= scale.low && row.mean <= scale.high) {
    absl::StrAppend(
        &out, SvgMark(row.strong ? 3 : 0, scale.X(row.mean), y, row.strong ? 5 : 3.6, absl::StrCat("mark ", css)));
  }
  return out;
}

// Lines at the ticks and at zero beside a bar: between the letters of rows they would cross the
// numbers.
std::string Rules(const Scale& scale, double top, double bottom) {
  std::string out;
  for (const double v : NiceTicks(scale.low, scale.high, 5)) {
    absl::StrAppend(&out, SvgLine(scale.X(v), top, scale.X(v), bottom, "grid"));
  }
  absl::StrAppend(&out, SvgLine(scale.X(0), top, scale.X(0), bottom, "zero"));
  return out;
}

std::string Row(const IntervalRow& row, const Scale& scale, double y) {
  const std::string numbers = Numbers(row);
  const absl::string_view css = row.strong ? "label strong" : "label";
  const double space = kChartWidth - 2 * kSide - TextWidth(numbers) - 8;
  return absl::StrCat("<g>\n<title>", EscapeHtml(absl::StrCat(row.name, ": ", numbers)), "</title>\n",
                      SvgText(kSide, y + 12, "start", css, FitText(row.name, space)),
                      SvgText(kChartWidth - kSide, y + 12, "end", row.strong ? "tick strong" : "tick", numbers),
                      Rules(scale, y + 15, y + 28), Bar(row, scale, y + 21.5), "</g>\n");
}

std::string Axis(const IntervalChart& chart, const Scale& scale, double y) {
  std::string out;
  const std::vector<double> ticks = NiceTicks(scale.low, scale.high, 5);
  const int decimals = ticks.size() > 1 ? TickDecimals(ticks[1] - ticks[0]) : 4;
  for (const double v : ticks) {
    const std::string text = SignedNumber(v, decimals);
    const double half = TextWidth(text) / 2;
    const double at = std::min(std::max(scale.X(v), half + 1), kChartWidth - half - 1);
    absl::StrAppend(&out, SvgLine(scale.X(v), y, scale.X(v), y + 3, "axis"),
                    SvgText(at, y + 14, "middle", "tick", text));
  }
  absl::StrAppend(&out, SvgLine(scale.X(scale.low), y, scale.X(scale.high), y, "axis"),
                  SvgText(kChartWidth / 2, y + 31, "middle", "label", chart.axis));
  return out;
}

}  // namespace

std::string RenderIntervalChart(const IntervalChart& chart) {
  const Scale scale = ScaleOf(chart);
  std::string rows;
  double y = 6;
  for (const IntervalGroup& group : chart.groups) {
    if (!group.name.empty()) {
      absl::StrAppend(&rows, SvgText(kSide, y + 16, "start", "label group", group.name));
      y += kGroupHeight;
    }
    for (const IntervalRow& row : group.rows) {
      absl::StrAppend(&rows, Row(row, scale, y));
      y += kRowHeight;
    }
  }
  return absl::StrCat(OpenSvg(chart.id, chart.title, chart.description, y + 4 + kBottom), Axis(chart, scale, y + 4),
                      rows, CloseSvg());
}

}  // namespace tremorcast
