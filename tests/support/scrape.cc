#include "tests/support/scrape.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include "tests/support/http_get.h"

namespace tremorcast {

absl::StatusOr<Scrape> Scrape::Of(const rpc::ListenAddress& http) {
  HttpResult response = HttpGet(http.host, http.port, "/metrics");
  if (response.code != 200) {
    return absl::UnavailableError(absl::StrCat("no metrics at ", http.ToString()));
  }
  Scrape scrape;
  scrape.text_ = std::move(response.body);
  return scrape;
}

std::vector<double> Scrape::Values(absl::string_view name, const std::vector<std::string>& labels) const {
  std::vector<double> values;
  for (absl::string_view line : absl::StrSplit(text_, '\n')) {
    if (!absl::ConsumePrefix(&line, name) || line.empty() || (line.front() != '{' && line.front() != ' ')) continue;
    const bool matches =
        std::all_of(labels.begin(), labels.end(), [&](const auto& label) { return absl::StrContains(line, label); });
    double value = 0;
    if (matches && absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) values.push_back(value);
  }
  return values;
}

double Scrape::Value(absl::string_view name, const std::vector<std::string>& labels) const {
  const std::vector<double> values = Values(name, labels);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

bool Scrape::Has(absl::string_view name, const std::vector<std::string>& labels) const {
  return !Values(name, labels).empty();
}

}  // namespace tremorcast
