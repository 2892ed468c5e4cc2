#include "trainer/evaluate/report/report_values.h"

#include <optional>
#include <string>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/string_view.h>

#include "page/html.h"

namespace tremorcast {

std::string MeanAndSd(const OverSeeds& value, int decimals, bool with_sign) {
  if (value.seeds <= 0) return "none";
  const std::string mean = with_sign ? SignedNumber(value.mean, decimals) : FixedNumber(value.mean, decimals);
  return value.seeds == 1 ? mean : absl::StrCat(mean, " ± ", FixedNumber(value.sd, decimals));
}

std::string GainWithInterval(const std::optional<MeanInterval>& gain) {
  if (!gain.has_value()) return "none";
  return absl::StrCat(SignedNumber(gain->mean, 4), " <span class=\"whole\">[", SignedNumber(gain->low, 4), ", ",
                      SignedNumber(gain->high, 4), "]</span>");
}

std::string PValue(const std::optional<double>& p) {
  if (!p.has_value()) return "none";
  return *p < 0.0005 ? "&lt; 0.001" : FixedNumber(*p, 3);
}

std::string MetricTitle(absl::string_view name) {
  std::string title = EscapeHtml(absl::StrReplaceAll(name, {{"_", " "}, {"f1", "F1"}}));
  if (!title.empty()) title[0] = absl::ascii_toupper(static_cast<unsigned char>(title[0]));
  return title;
}

}  // namespace tremorcast
