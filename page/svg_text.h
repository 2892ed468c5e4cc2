#pragma once

// What the charts share: the frame of an image, its letters, coordinates. Pure; thread safe; no
// errors.

#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

inline constexpr double kChartWidth = 360;
inline constexpr double kLetterSize = 11;

// "<svg ...><title>..</title><desc>..</desc>" and what closes it. `height` in units.
std::string OpenSvg(absl::string_view id, absl::string_view title, absl::string_view description, double height);
std::string CloseSvg();

// A coordinate with at most one decimal.
std::string Unit(double value);
// About as wide as the text is drawn, in units, generously.
double TextWidth(absl::string_view text);
// Cut with an ellipsis to about `width` units; whole characters.
std::string FitText(absl::string_view text, double width);
// `anchor` is start, middle or end; `text` is escaped here.
std::string SvgText(double x, double y, absl::string_view anchor, absl::string_view css, absl::string_view text);
std::string SvgLine(double x1, double y1, double x2, double y2, absl::string_view css);
// Circle, square, triangle or diamond for style 0..3.
std::string SvgMark(int style, double x, double y, double radius, absl::string_view css);
// Decimals that a tick at multiples of `step` needs.
int TickDecimals(double step);

}  // namespace tremorcast
