#include "page/html.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/number_text.h"
#include "core/base/time_grid.h"
#include "core/base/utf8_text.h"
#include "page/svg_chart.h"

namespace tremorcast {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr absl::string_view kMinus = "\xE2\x88\x92";        // U+2212: read aloud as "minus"

bool Allowed(char32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n';
  if (code >= 0x7F && code < 0xA0) return false;
  const bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return !direction && (code & 0xFFFE) != 0xFFFE;
}

std::string WithSign(double value, int decimals, absl::string_view plus) {
  if (std::isnan(value)) return "none";
  if (std::isinf(value)) return absl::StrCat(value < 0 ? kMinus : "", "infinite");
  const std::string digits = absl::StrFormat("%.*f", decimals, std::fabs(value));
  const bool zero = digits.find_first_of("123456789") == std::string::npos;
  return absl::StrCat(zero ? "" : value < 0 ? kMinus : plus, digits);
}

constexpr size_t kLongFact = 120;  // bytes of HTML; it gets a line of its own

// As the first row has it, which is complete.
bool IsTextColumn(const HtmlTable& table, size_t column) {
  if (table.groups.empty() || table.groups[0].empty() || column >= table.groups[0][0].size()) return false;
  return table.groups[0][0][column].text;
}

std::string RenderCell(const HtmlCell& cell, bool spans_group) {
  std::string classes = cell.text ? "t" : "";
  if (!cell.css.empty()) absl::StrAppend(&classes, classes.empty() ? "" : " ", cell.css);
  const char* tag = cell.header ? "th" : "td";
  std::string out = absl::StrCat("<", tag);
  if (cell.header) absl::StrAppend(&out, " scope=\"", spans_group ? "rowgroup" : "row", "\"");
  if (cell.rows > 1) absl::StrAppend(&out, " rowspan=\"", cell.rows, "\"");
  if (!classes.empty()) absl::StrAppend(&out, " class=\"", classes, "\"");
  absl::StrAppend(&out, ">", cell.html, "</", tag, ">");
  return out;
}

}  // namespace

std::string OpenPage(absl::string_view language, absl::string_view title, absl::string_view style) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"", language, "\">\n<head>\n<meta charset=\"utf-8\"/>\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n",
      "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>", title, "</title>\n<style>", ChartStyle(),
      PageStyle(), style, "</style>\n</head>\n<body>\n");
}

std::string EscapeHtml(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [decoded, length] = FirstCharacter(text);
    const char32_t code = decoded.value_or(0);  // which is not allowed either
    if (!Allowed(code)) {
      absl::StrAppend(&out, kReplacement);
    } else if (code == '&') {
      out += "&amp;";
    } else if (code == '<') {
      out += "&lt;";
    } else if (code == '>') {
      out += "&gt;";
    } else if (code == '"') {
      out += "&quot;";
    } else if (code == '\'') {
      out += "&#39;";
    } else {
      absl::StrAppend(&out, text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string FixedNumber(double value, int decimals) { return WithSign(value, decimals, ""); }

std::string SignedNumber(double value, int decimals) { return WithSign(value, decimals, "+"); }

std::string GroupedNumber(int64_t value) {
  const std::string text = Grouped(value);
  return value < 0 ? absl::StrCat(kMinus, text.substr(1)) : text;
}

std::string PercentOf(double share, int decimals) { return absl::StrCat(FixedNumber(100 * share, decimals), " %"); }

std::string UtcAndLocalDate(absl::Time time) {
  return absl::StrCat(UtcMinute(time), " (", absl::FormatTime("%Y-%m-%d", time, NetworkTimeZone()), " in UTC+8)");
}

std::string UtcMinute(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone()); }

std::string RenderTable(const HtmlTable& table) {
  std::string out = absl::StrCat("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", table.caption,
                                 "\">\n<table>\n", "<caption>", table.caption, "</caption>\n<thead><tr>");
  for (size_t i = 0; i < table.columns.size(); ++i) {
    absl::StrAppend(&out, "<th scope=\"col\"", IsTextColumn(table, i) ? " class=\"t\"" : "", ">", table.columns[i],
                    "</th>");
  }
  absl::StrAppend(&out, "</tr></thead>\n");
  for (const std::vector<HtmlRow>& group : table.groups) {
    absl::StrAppend(&out, "<tbody>\n");
    for (const HtmlRow& row : group) {
      absl::StrAppend(&out, "<tr>");
      for (const HtmlCell& cell : row) absl::StrAppend(&out, RenderCell(cell, cell.rows > 1));
      absl::StrAppend(&out, "</tr>\n");
    }
    absl::StrAppend(&out, "</tbody>\n");
  }
  absl::StrAppend(&out, "</table>\n</div>\n");
  return out;
}

std::string RenderFacts(absl::Span<const HtmlFact> facts) {
  if (facts.empty()) return "";
  std::string out = "<dl class=\"facts\">\n";
  for (const HtmlFact& fact : facts) {
    absl::StrAppend(&out, fact.html.size() > kLongFact ? "<div class=\"long\">" : "<div>", "<dt>", fact.name,
                    "</dt><dd>", fact.html, "</dd></div>\n");
  }
  absl::StrAppend(&out, "</dl>\n");
  return out;
}

std::string RenderSentences(absl::Span<const std::string> sentences) {
  if (sentences.empty()) return "";
  std::string out = "<ul>\n";
  for (const std::string& sentence : sentences) absl::StrAppend(&out, "<li>", EscapeHtml(sentence), "</li>\n");
  absl::StrAppend(&out, "</ul>\n");
  return out;
}

}  // namespace tremorcast
