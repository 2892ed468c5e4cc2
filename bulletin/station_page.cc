#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>

#include "bulletin/pages.h"
#include "bulletin/values.h"
#include "bulletin/words.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "page/html.h"
#include "page/svg_text.h"

namespace tremorcast::bulletin {
namespace {

constexpr int kSlotsPerPoint = 6;  // an hour: what 160 units can show
constexpr double kWidth = 168, kHeight = 44, kEdge = 3;

std::string Newest(const Words& words, absl::Time time) {
  return time == absl::InfinitePast() ? words("no rows", "无数据") : absl::StrCat(LocalMinute(time), " UTC+8");
}

std::vector<double> HourlyMeans(const v1::FeatureSeries& series) {
  std::vector<double> means;
  for (int first = 0; first < series.values_size(); first += kSlotsPerPoint) {
    double sum = 0;
    int present = 0;
    for (int i = first; i < std::min(first + kSlotsPerPoint, series.values_size()); ++i) {
      if (std::isnan(series.values(i))) continue;
      sum += series.values(i);
      ++present;
    }
    means.push_back(present == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / present);
  }
  return means;
}

// The line, broken where hours are missing, over bands that show them.
std::string Sparkline(const std::vector<double>& means, double low, double high) {
  const double step = means.empty() ? 0 : kWidth / static_cast<double>(means.size());
  const auto y = [&](double value) {
    return high > low ? kEdge + (kHeight - 2 * kEdge) * (high - value) / (high - low) : kHeight / 2;
  };
  std::string bands, path;
  bool pen = false;
  for (size_t i = 0; i < means.size(); ++i) {
    const double x = step * static_cast<double>(i);
    if (!std::isnan(means[i])) {
      absl::StrAppend(&path, pen ? "L" : "M", Unit(x + step / 2), " ", Unit(y(means[i])));
      if (!pen && (i + 1 == means.size() || std::isnan(means[i + 1]))) absl::StrAppend(&path, "h.8");  // a lone hour
      pen = true;
      continue;
    }
    pen = false;
    size_t end = i;
    while (end < means.size() && std::isnan(means[end])) ++end;
    absl::StrAppend(&bands, "<rect class=\"gap\" x=\"", Unit(x), "\" y=\"0\" width=\"",
                    Unit(step * static_cast<double>(end - i)), "\" height=\"", Unit(kHeight), "\"/>");
    i = end - 1;
  }
  return absl::StrCat(bands, path.empty() ? "" : absl::StrCat("<path class=\"line\" d=\"", path, "\"/>"));
}

std::string Multiple(const v1::FeatureSeries& series, const Words& words) {
  const std::vector<double> means = HourlyMeans(series);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double mean : means) {
    if (std::isnan(mean)) continue;
    low = std::min(low, mean);
    high = std::max(high, mean);
  }
  const int missing = static_cast<int>(
      std::count_if(series.values().begin(), series.values().end(), [](float v) { return std::isnan(v); }));
  const bool any = low <= high;
  const std::string range = any ? absl::StrFormat("%.3g – %.3g", low, high) : words("no rows", "无数据");
  const std::string label = absl::StrCat(series.feature(), ": ", range, ", ", missing, words(" of ", " / "),
                                         series.values_size(), words(" slots missing", " 个时段缺失"));
  // Without the signal, which the heading says; a long name may break after an underscore.
  const std::string name =
      absl::StrReplaceAll(EscapeHtml(series.feature().substr(series.feature().find('@') + 1)), {{"_", "_<wbr/>"}});
  return absl::StrCat("<li><b>", name, "</b><svg role=\"img\" viewBox=\"0 0 ", Unit(kWidth), " ", Unit(kHeight),
                      "\" aria-label=\"", EscapeHtml(label), "\">", Sparkline(means, low, high), "</svg><small>", range,
                      "</small></li>\n");
}

std::string Multiples(const v1::StationWindow& window, absl::string_view prefix, const char* title,
                      const Words& words) {
  std::string out = absl::StrCat("<h2>", title, "</h2>\n<ul class=\"multiples\">\n");
  for (const v1::FeatureSeries& series : window.features()) {
    if (absl::string_view(series.feature()).substr(0, prefix.size()) == prefix)
      absl::StrAppend(&out, Multiple(series, words));
  }
  return out + "</ul>\n";
}

double PresentShare(const v1::StationWindow& window) {
  int64_t present = 0, all = 0;
  for (const v1::FeatureSeries& series : window.features()) {
    all += series.values_size();
    present += std::count_if(series.values().begin(), series.values().end(), [](float v) { return !std::isnan(v); });
  }
  return all == 0 ? 0 : static_cast<double>(present) / static_cast<double>(all);
}

}  // namespace

std::string StationPage(const Bulletin& bulletin, const v1::Station& station, const v1::StationWindow* window,
                        const Words& words) {
  const std::string id = LastPart(station.name());
  const std::string heading =
      absl::StrCat(words("Station ", "台站 "), id, station.title().empty() || station.title() == id ? "" : ": ",
                   station.title() == id ? "" : station.title());
  std::string out = OpenBulletinPage(bulletin, words, absl::StrCat("station-", id), heading);
  const auto it = bulletin.freshness.find(station.name());
  const Freshness newest = it == bulletin.freshness.end() ? Freshness() : it->second;
  std::vector<HtmlFact> facts = {
      {words("State", "状态"), StateText(words, bulletin.StateOf(station))},
      {words("Place", "位置"), absl::StrFormat("%.3f° N, %.3f° E", station.location().latitude_degrees(),
                                               station.location().longitude_degrees())},
      {words("Newest electromagnetic row", "最新电磁数据"), Newest(words, newest.magn)},
      {words("Newest geo-acoustic row", "最新地声数据"), Newest(words, newest.sound)}};
  if (window != nullptr) {
    const absl::Time start = ToTime(window->start_time());
    facts.push_back({words("Week shown", "所示一周"),
                     absl::StrCat(LocalMinute(start), words(" to ", " 至 "),
                                  LocalMinute(start + absl::Minutes(10) * window->slot_count()), " UTC+8")});
    facts.push_back({words("Rows present", "数据完整率"), PercentOf(PresentShare(*window))});
    facts.push_back({words("Revision", "修订"), absl::StrCat(window->revision())});
    facts.push_back({words("Content (SHA-256)", "内容 (SHA-256)"),
                     absl::StrCat("<code>", EscapeHtml(window->content_hash()), "</code>")});
  }
  absl::StrAppend(&out, RenderFacts(facts));
  if (window == nullptr) {
    absl::StrAppend(&out,
                    Warning(words("No sealed week of this station holds rows.", "该台站没有已封存且含数据的周次。")));
  } else {
    absl::StrAppend(
        &out, "<p class=\"soft\">",
        words("Hourly means, each feature on its own scale; shaded: no rows. Units as the station's firmware "
              "gives them.",
              "每小时平均值，各特征纵轴独立；阴影表示无数据。单位以台站固件为准。"),
        "</p>\n", Multiples(*window, "magn@", words("Electromagnetic features", "电磁特征"), words),
        Multiples(*window, "sound@", words("Geo-acoustic features", "地声特征"), words));
  }
  return out + CloseBulletinPage(bulletin, words);
}

}  // namespace tremorcast::bulletin
