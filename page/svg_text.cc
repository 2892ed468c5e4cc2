#include "page/svg_text.h"

#include <cmath>
#include <string>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/string_view.h>

#include "page/html.h"

namespace tremorcast {
namespace {

// A character's first byte: continuation bytes of UTF-8 belong to the one before.
bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Letters are about half as wide as high; those of three bytes (Chinese, say) as wide as high.
double CharacterWidth(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xE3) return kLetterSize;
  if (byte == 'i' || byte == 'l' || byte == '.' || byte == ',' || byte == ' ') return 0.32 * kLetterSize;
  return (byte >= 'A' && byte <= 'Z' ? 0.7 : 0.57) * kLetterSize;
}

}  // namespace

std::string OpenSvg(absl::string_view id, absl::string_view title, absl::string_view description, double height) {
  return absl::StrCat("<svg class=\"chart\" role=\"img\" viewBox=\"0 0 ", Unit(kChartWidth), " ", Unit(height),
                      "\" aria-labelledby=\"", id, "-t ", id, "-d\">\n<title id=\"", id, "-t\">", EscapeHtml(title),
                      "</title>\n<desc id=\"", id, "-d\">", EscapeHtml(description), "</desc>\n");
}

std::string CloseSvg() { return "</svg>\n"; }

std::string Unit(double value) {
  std::string text = absl::StrFormat("%.1f", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

double TextWidth(absl::string_view text) {
  double width = 0;
  for (const char c : text) {
    if (StartsCharacter(c)) width += CharacterWidth(c);
  }
  return width;
}

std::string FitText(absl::string_view text, double width) {
  if (TextWidth(text) <= width) return std::string(text);
  double used = kLetterSize;  // the ellipsis
  size_t end = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!StartsCharacter(text[i])) continue;
    used += CharacterWidth(text[i]);
    end = i;
    if (used > width) break;
  }
  return absl::StrCat(text.substr(0, end), "\xE2\x80\xA6");
}

std::string SvgText(double x, double y, absl::string_view anchor, absl::string_view css, absl::string_view text) {
  return absl::StrCat("<text x=\"", Unit(x), "\" y=\"", Unit(y), "\" text-anchor=\"", anchor, "\" class=\"", css, "\">",
                      EscapeHtml(text), "</text>\n");
}

std::string SvgLine(double x1, double y1, double x2, double y2, absl::string_view css) {
  return absl::StrCat("<line x1=\"", Unit(x1), "\" y1=\"", Unit(y1), "\" x2=\"", Unit(x2), "\" y2=\"", Unit(y2),
                      "\" class=\"", css, "\"/>\n");
}

std::string SvgMark(int style, double x, double y, double r, absl::string_view css) {
  if (style == 0) {
    return absl::StrCat("<circle cx=\"", Unit(x), "\" cy=\"", Unit(y), "\" r=\"", Unit(r), "\" class=\"", css,
                        "\"/>\n");
  }
  std::string path;
  if (style == 1) {
    path = absl::StrCat("M", Unit(x - r), " ", Unit(y - r), "h", Unit(2 * r), "v", Unit(2 * r), "h", Unit(-2 * r), "z");
  } else if (style == 2) {
    path = absl::StrCat("M", Unit(x), " ", Unit(y - 1.2 * r), "l", Unit(1.2 * r), " ", Unit(2 * r), "h", Unit(-2.4 * r),
                        "z");
  } else {
    path = absl::StrCat("M", Unit(x), " ", Unit(y - 1.3 * r), "l", Unit(1.3 * r), " ", Unit(1.3 * r), "l",
                        Unit(-1.3 * r), " ", Unit(1.3 * r), "l", Unit(-1.3 * r), " ", Unit(-1.3 * r), "z");
  }
  return absl::StrCat("<path d=\"", path, "\" class=\"", css, "\"/>\n");
}

int TickDecimals(double step) {
  if (!(step > 0) || !std::isfinite(step)) return 0;
  return std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

}  // namespace tremorcast
