#pragma once

// Charts as inline SVG: lines, steps, points, and intervals beside a zero line. Pure; thread safe;
// no errors: values that are not finite are left out.
//
// Every chart is an image with a title and a description for screen readers, scales with its width
// (drawn for a phone: 360 units wide, letters of 11), and takes its colours from ChartStyle(),
// which the page must contain. Series differ in colour, dash and marker, so that they can be told
// apart in black and white too.

#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>

namespace tremorcast {

// CSS for a page with charts: colours for light, dark and print, safe for the colour-blind (Okabe
// and Ito's palette).
absl::string_view ChartStyle();

// About `target` round values (steps of 1, 2 or 5 times a power of ten) within [low, high]. Empty
// unless low < high and both are finite.
std::vector<double> NiceTicks(double low, double high, int target);

struct ChartAxis {
  std::string label;
  double low = 0, high = 0;  // low >= high: from the data
  bool counts = false;       // ticks at whole numbers only
};

struct ChartPoint {
  double x = 0, y = 0;
};

struct ChartSeries {
  std::string name;                // in the legend; empty for none
  std::vector<ChartPoint> points;  // joined in this order; a point that is not finite interrupts the line
  bool step = false;               // keep y to the next x
  std::vector<ChartPoint> marks;   // markers, if any
  std::vector<double> mark_sizes;  // radius in units, one per mark; empty: 3 each
  int style = 0;                   // 0..3: colour, dash and marker
};

struct ChartGuide {  // a thin line to compare with
  std::string name;  // in the legend; empty for none
  ChartPoint from, to;
};

struct LineChart {
  std::string id;  // unique on the page, letters, digits and '-'
  std::string title, description;
  ChartAxis x, y;
  std::vector<ChartSeries> series;
  std::vector<ChartGuide> guides;
  bool square = false;
};
std::string RenderLineChart(const LineChart& chart);

struct IntervalRow {
  std::string name;
  double mean = 0;
  std::optional<double> low, high;  // both or neither
  bool strong = false;              // the row the page is about
};

struct IntervalGroup {
  std::string name;  // above its rows; empty for none
  std::vector<IntervalRow> rows;
};

// One row per interval, a line at zero; name and numbers stand above the bar, so that it fits a
// phone. A filled marker has an interval clear of zero, a hollow one does not. Of six rows or more,
// those far beyond the rest do not set the scale: an arrow points to them.
struct IntervalChart {
  std::string id;
  std::string title, description;
  std::string axis;
  std::vector<IntervalGroup> groups;
};
std::string RenderIntervalChart(const IntervalChart& chart);

}  // namespace tremorcast
