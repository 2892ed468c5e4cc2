#pragma once

// Text, numbers and tables as HTML. The output is also well-formed XML, so that strict readers take
// it. Pure; thread safe; no errors: what cannot be shown is shown as a replacement character or as
// "none".

#include <cstdint>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

namespace tremorcast {

// The look of every page, in light, dark and print; ChartStyle() goes before it.
absl::string_view PageStyle();
// A page down to and with <body>: UTF-8, fits a phone, styles inline, and a policy by which nothing
// is loaded from anywhere. `language` as in BCP 47; `title` is already escaped; `style` is further
// CSS.
std::string OpenPage(absl::string_view language, absl::string_view title, absl::string_view style);

// For text and for attribute values in double quotes. Names come from outside files: markup,
// control characters, characters that turn the direction of writing, and bytes that are not UTF-8
// do not get through.
std::string EscapeHtml(absl::string_view text);

// "0.752"; a true minus sign, never "-0.000"; "none" for NaN, "infinite" for infinities.
std::string FixedNumber(double value, int decimals);
// The same with a plus sign before what rounds to more than 0.
std::string SignedNumber(double value, int decimals);
// "46,233".
std::string GroupedNumber(int64_t value);
// "12.5 %" of a share in [0, 1].
std::string PercentOf(double share, int decimals = 1);
// "2021-07-04 16:00 UTC (2021-07-05 in UTC+8)": weeks begin at midnight UTC+8.
std::string UtcAndLocalDate(absl::Time time);
std::string UtcMinute(absl::Time time);

struct HtmlCell {
  std::string html;      // already escaped
  bool header = false;   // of its row, or of all rows of its group where it spans several
  bool text = false;     // to the left; numbers go to the right
  int rows = 1;          // it spans
  std::string css = {};  // further class
};
using HtmlRow = std::vector<HtmlCell>;

struct HtmlTable {
  std::string caption;                       // already escaped; also the name of the scrolling region
  std::vector<std::string> columns;          // already escaped
  std::vector<std::vector<HtmlRow>> groups;  // rows that belong together, not torn apart between pages
};
// With a caption, scopes, and a wrapper that scrolls sideways where the table is wider than the
// page.
std::string RenderTable(const HtmlTable& table);

// One entry of a list of facts; `html` already escaped.
struct HtmlFact {
  std::string name, html;
};
std::string RenderFacts(absl::Span<const HtmlFact> facts);
// Nothing for no items; the items are escaped here.
std::string RenderSentences(absl::Span<const std::string> sentences);

}  // namespace tremorcast
