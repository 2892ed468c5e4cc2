#include "core/base/number_text.h"

#include <cmath>
#include <cstddef>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {

std::string Grouped(int64_t number) {
  std::string text = absl::StrCat(number);
  const size_t first_digit = number < 0 ? 1 : 0;
  for (size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

namespace {
bool IsHexadecimal(absl::string_view text) { return text.find_first_of("xX") != absl::string_view::npos; }
}  // namespace

std::optional<double> ParseNumber(absl::string_view text) {
  double value = 0;
  if (IsHexadecimal(text) || !absl::SimpleAtod(text, &value)) return std::nullopt;
  return value;
}

std::optional<float> ParseFloat(absl::string_view text) {
  float value = 0;
  if (IsHexadecimal(text) || !absl::SimpleAtof(text, &value)) return std::nullopt;
  return value;
}

std::optional<double> ParseFinite(absl::string_view text) {
  const std::optional<double> value = ParseNumber(text);
  return value.has_value() && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace tremorcast
