#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "bulletin/pages.h"
#include "bulletin/site.h"
#include "bulletin/values.h"
#include "bulletin/words.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "page/html.h"

namespace tremorcast::bulletin {
namespace {

constexpr size_t kPastWeeks = 10;
constexpr size_t kShownEvents = 40;

std::string Section(absl::string_view id, absl::string_view title, absl::string_view html) {
  if (html.empty()) return "";
  return absl::StrCat("<section aria-labelledby=\"", id, "\">\n<h2 id=\"", id, "\">", title, "</h2>\n", html,
                      "</section>\n");
}

// The newest week that any region has a forecast for; null: none.
const v1::Forecast* Newest(const Bulletin& bulletin) {
  const v1::Forecast* newest = nullptr;
  for (const RegionBulletin& region : bulletin.regions) {
    const v1::Forecast* latest = region.latest();
    if (latest == nullptr) continue;
    if (newest == nullptr || ToTime(latest->valid_from_time()) > ToTime(newest->valid_from_time())) newest = latest;
  }
  return newest;
}

std::string Facts(const Bulletin& bulletin, const v1::Forecast& newest, const Words& words) {
  int enrolled = 0, working = 0;
  for (const v1::Station& station : bulletin.stations) {
    const StationState state = bulletin.StateOf(station);
    enrolled += state != StationState::kNotEnrolled;
    working += state == StationState::kWorking;
  }
  std::vector<HtmlFact> facts = {
      {words("Valid", "有效期"), WeekText(words, newest)},
      {words("Issued", "发布时间"), absl::StrCat(LocalMinute(ToTime(newest.issue_time())), " UTC+8")},
      {words("Kind", "类别"), PurposeText(words, newest.purpose())},
      {words("Stations working", "正常台站"), absl::StrCat(working, words(" of ", " / "), enrolled)}};
  if (newest.has_next_issue_time() && newest.purpose() == v1::FORECAST_PURPOSE_OPERATIONAL) {
    facts.push_back(
        {words("Next issue", "下次发布"), absl::StrCat(LocalMinute(ToTime(newest.next_issue_time())), " UTC+8")});
  }
  return RenderFacts(facts);
}

std::string Verdict(const Bulletin& bulletin, const Words& words) {
  std::vector<std::string> with;
  int all = 0;
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.latest() == nullptr) continue;
    ++all;
    if (HasSkill(*region.latest())) with.push_back(EscapeHtml(LastPart(region.region.name())));
  }
  std::string sentence;
  if (with.empty()) {
    sentence = words(
        "In none of the regions has the model been shown to know more than the usual rate of earthquakes. "
        "Read the numbers as that rate.",
        "尚无任何一区的模型被证明优于背景概率；请把所示数字理解为该区的背景概率。");
  } else {
    sentence =
        absl::StrCat(words("Demonstrated skill over climatology in ", "以下区域的模型显示出优于背景概率的技巧："),
                     with.size(), words(" of ", " / "), all, words(" regions: ", "："), absl::StrJoin(with, ", "),
                     words(". Elsewhere read the numbers as the usual rate.", "。其他区域请理解为背景概率。"));
  }
  return absl::StrCat(
      "<div class=\"verdict", with.empty() ? "" : " yes", "\"><p class=\"badge\">",
      with.empty() ? words("No demonstrated skill", "未显示预测技巧") : words("Demonstrated skill", "已显示预测技巧"),
      "</p><p>", sentence, "</p></div>\n<p><strong>", Notice(words), "</strong></p>\n");
}

// What was issued after an earthquake, newer than the week's forecasts.
std::string AfterEarthquakes(const Bulletin& bulletin, const Words& words) {
  std::string out;
  for (const RegionBulletin& region : bulletin.regions) {
    for (const v1::Forecast& f : region.between_weeks) {
      if (f.issue_kind() != v1::ISSUE_KIND_EVENT || f.exceedances().empty()) continue;
      out +=
          Warning(absl::StrCat("<strong>",
                               Link(words.File(absl::StrCat("region-", LastPart(region.region.name()))),
                                    EscapeHtml(RegionTitle(region.region))),
                               "</strong>: <span lang=\"en\">", EscapeHtml(f.trigger()), "</span>. P(M ≥ 3.5) ",
                               EscapeHtml(f.exceedances(0).display()), words(" in the seven days from ", "，七天自 "),
                               LocalMinute(ToTime(f.valid_from_time())), words(" UTC+8 on.", " UTC+8 起。")));
    }
  }
  return out;
}

std::string Warnings(const Bulletin& bulletin, const v1::Forecast& newest, const Words& words) {
  std::string out = AfterEarthquakes(bulletin, words);
  if (newest.purpose() == v1::FORECAST_PURPOSE_TEST) {
    out += Warning(words("<strong>Simulated network.</strong> Stations, rows and earthquakes are invented.",
                         "<strong>模拟台网。</strong>台站、数据与地震均为虚构。"));
  } else if (newest.purpose() == v1::FORECAST_PURPOSE_HINDCAST) {
    out +=
        Warning(words("<strong>Computed afterwards</strong> from what was known at the start of the week; not issued "
                      "in time, and not scored.",
                      "<strong>事后计算：</strong>仅使用当周开始前已知的数据，但并非及时发布，不参与评分。"));
  } else if (ToTime(newest.valid_to_time()) <= bulletin.reference) {
    out += Warning(
        words("<strong>Out of date.</strong> The week of the newest forecast is over and no later one was issued.",
              "<strong>已过期。</strong>最新预报的有效期已过，且尚无更新的预报。"));
  }
  return out;
}

HtmlCell Number(std::string html) { return {.html = std::move(html)}; }

std::string RegionTable(const Bulletin& bulletin, const Words& words) {
  HtmlTable table;
  table.caption = words("Probability of at least one earthquake within the week", "一周内发生至少一次地震的概率");
  table.columns = {words("Region", "区域"),
                   "M ≥ 3.5",
                   words("Usual", "背景"),
                   words("Ratio", "比值"),
                   words("Since last week", "较上周"),
                   "M ≥ 4",
                   "M ≥ 4.5",
                   "M ≥ 5",
                   words("Stations", "台站"),
                   words("Status", "状态"),
                   words("Skill shown", "技巧")};
  std::vector<HtmlRow> rows;
  for (const RegionBulletin& region : bulletin.regions) {
    const v1::Forecast* latest = region.latest();
    HtmlRow row = {{.html = Link(words.File(absl::StrCat("region-", LastPart(region.region.name()))),
                                 EscapeHtml(RegionTitle(region.region))),
                    .header = true}};
    if (latest == nullptr || latest->exceedances_size() < 4) {
      for (int i = 0; i < 8; ++i) row.push_back(Number("–"));
      row.push_back({.html = words("no forecast yet", "尚无预报"), .text = true});
      row.push_back(Number("–"));
    } else {
      const v1::Exceedance& event = latest->exceedances(0);
      row.push_back(Number(absl::StrCat("<strong>", EscapeHtml(event.display()), "</strong>")));
      row.push_back(Number(PercentOf(event.climatology())));
      row.push_back(Number(FixedNumber(event.ratio(), 2)));
      const v1::Forecast* before = WeekBefore(region);
      row.push_back(Number(before == nullptr || before->exceedances_size() == 0
                               ? "–"
                               : Points(event.probability() - before->exceedances(0).probability())));
      for (int k = 1; k < 4; ++k) row.push_back(Number(EscapeHtml(latest->exceedances(k).display())));
      row.push_back(Number(absl::StrCat(latest->coverage().usable_count(), "/", latest->coverage().enrolled_count())));
      row.push_back({.html = StatusText(words, *latest), .text = true, .css = "short"});
      row.push_back(Number(HasSkill(*latest) ? words("yes", "是") : words("no", "否")));
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return "";
  table.groups.push_back(std::move(rows));
  return absl::StrCat(
      RenderTable(table), "<p class=\"soft\">",
      words("Usual: what the catalogue of past earthquakes says of a week in this region (climatology). "
            "Ratio: forecast over usual. Since last week: percentage points.",
            "背景：根据历史地震目录得到的该区一周平均概率。比值：预报概率与背景概率之比。较上周：百分点。"),
      "</p>\n");
}

// One scored week of a region: what was said, and a frame where an event came.
HtmlCell PastCell(const v1::ScoredWeek& week, const Words& words) {
  const bool came = week.observed_class() > 0;
  std::string html = PercentOf(week.probability_event(), week.probability_event() < 0.1 ? 1 : 0);
  absl::StrAppend(&html, "<small>",
                  came ? (week.has_largest_magnitude() ? absl::StrFormat("M %.1f", week.largest_magnitude())
                                                       : words("event", "有震"))
                       : words("none", "无"),
                  "</small>");
  return {.html = std::move(html), .css = came ? "came" : ""};
}

std::string PastTable(const Bulletin& bulletin, const Words& words) {
  std::set<int64_t> weeks;
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.latest() == nullptr) continue;
    for (const v1::ScoredWeek& week : region.latest()->track_record().last_weeks())
      weeks.insert(week.valid_from_time().seconds());
  }
  if (weeks.empty()) {
    return absl::StrCat("<p>", words("No week has been verified yet.", "尚无已检验的周次。"), "</p>\n");
  }
  std::vector<int64_t> shown(weeks.rbegin(), weeks.rend());
  if (shown.size() > kPastWeeks) shown.resize(kPastWeeks);
  HtmlTable table;
  table.caption = words("Issued P(M ≥ 3.5), and the largest earthquake that came; weeks by their first day",
                        "已发布的 P(M ≥ 3.5) 与实际发生的最大地震；按每周首日排列");
  table.columns = {words("Region", "区域"), words("Weeks, gain", "周数与增益")};
  for (const int64_t week : shown) table.columns.push_back(LocalDate(absl::FromUnixSeconds(week)));
  std::vector<HtmlRow> rows;
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.latest() == nullptr) continue;
    const v1::TrackRecord& record = region.latest()->track_record();
    HtmlRow row = {{.html = EscapeHtml(LastPart(region.region.name())), .header = true}};
    row.push_back(Number(absl::StrCat(
        record.weeks_scored(), record.has_information_gain()
                                   ? absl::StrCat("<small>", SignedNumber(record.information_gain(), 3), "</small>")
                                   : "")));
    for (const int64_t wanted : shown) {
      const auto& all = record.last_weeks();
      const auto it = std::find_if(
          all.begin(), all.end(), [&](const v1::ScoredWeek& one) { return one.valid_from_time().seconds() == wanted; });
      row.push_back(it == all.end() ? Number("–") : PastCell(*it, words));
    }
    rows.push_back(std::move(row));
  }
  table.groups.push_back(std::move(rows));
  return absl::StrCat(
      "<div class=\"past\">", RenderTable(table), "</div><p class=\"soft\">",
      words("Framed: an earthquake of M ≥ 3.5 came. Gain: mean nats a week over climatology; above 0 is "
            "better than the usual rate, and only an interval clear of 0 means anything.",
            "加框：发生了 3.5 级及以上地震。增益：相对背景概率的平均信息增益（纳特/周）；大于 0 "
            "表示优于背景概率，但只有置信区间不含 0 才有意义。"),
      "</p>\n");
}

std::string StationSection(const Bulletin& bulletin, const Words& words) {
  std::map<StationState, std::vector<std::string>> by_state;
  for (const v1::Station& station : bulletin.stations) {
    const std::string id = LastPart(station.name());
    by_state[bulletin.StateOf(station)].push_back(Link(words.File(absl::StrCat("station-", id)), EscapeHtml(id)));
  }
  std::string out;
  for (const auto& [state, links] : by_state) {
    absl::StrAppend(&out, "<h3>", StateText(words, state), " (", links.size(), ")</h3>\n<p class=\"soft\">",
                    absl::StrJoin(links, ", "), "</p>\n");
  }
  return out;
}

std::string EventSection(const Bulletin& bulletin, const Words& words) {
  std::string complete;
  for (const auto& [source, until] : bulletin.complete_until) {
    absl::StrAppend(&complete, complete.empty() ? "" : "; ", EscapeHtml(source), " ",
                    words("complete until ", "完整至 "), LocalMinute(until));
  }
  if (!complete.empty()) complete = absl::StrCat("<p class=\"soft\">", complete, " UTC+8</p>\n");
  const auto reaches = [&](const auto& one) { return one.second > bulletin.reference - absl::Hours(24 * 30); };
  if (bulletin.events.empty() &&
      std::none_of(bulletin.complete_until.begin(), bulletin.complete_until.end(), reaches)) {
    return absl::StrCat("<p>",
                        words("Nothing is known of these 30 days: no catalogue reaches into them.",
                              "地震目录未覆盖这 30 天，情况未知。"),
                        "</p>\n", complete);
  }
  if (bulletin.events.empty()) {
    return absl::StrCat("<p>",
                        words("The catalogue holds no earthquake of M ≥ 3.5 of these 30 days.",
                              "地震目录中这 30 天内没有 3.5 级及以上地震。"),
                        "</p>\n", complete);
  }
  HtmlTable table;
  table.caption = words("Newest first, M ≥ 3.5", "3.5 级及以上，按时间倒序");
  table.columns = {words("Time (UTC+8)", "时间 (UTC+8)"),
                   "M",
                   words("Latitude", "纬度"),
                   words("Longitude", "经度"),
                   words("Depth", "深度"),
                   words("Place", "地点"),
                   words("Catalogue", "目录")};
  std::vector<HtmlRow> rows;
  for (const v1::SeismicEvent& event : bulletin.events) {
    if (rows.size() == kShownEvents) break;
    rows.push_back({{.html = LocalMinute(ToTime(event.origin_time())), .header = true},
                    Number(FixedNumber(event.magnitude(), 1)),
                    Number(FixedNumber(event.epicenter().latitude_degrees(), 2)),
                    Number(FixedNumber(event.epicenter().longitude_degrees(), 2)),
                    Number(event.has_depth_km() ? absl::StrCat(FixedNumber(event.depth_km(), 0), " km") : "–"),
                    {.html = EscapeHtml(event.place()), .text = true, .css = "short"},
                    {.html = EscapeHtml(event.source()), .text = true, .css = "short"}});
  }
  const size_t rest = bulletin.events.size() - rows.size();
  table.groups.push_back(std::move(rows));
  std::string out = RenderTable(table);
  if (rest > 0) {
    absl::StrAppend(&out, "<p>", rest, words(" more in ", " 条更多记录见 "), Link("catalogue.txt", "catalogue.txt"),
                    "</p>\n");
  }
  return out + complete;
}

std::string Downloads(const Bulletin& bulletin, const Words& words) {
  std::string out = "<ul>\n";
  for (const ExportFile& one : ExportFiles(bulletin)) {
    absl::StrAppend(&out, "<li>", Link(one.name, one.name), ": ", words(one.english, one.chinese), "</li>\n");
  }
  return out + "</ul>\n";
}

}  // namespace

std::string IndexPage(const Bulletin& bulletin, const Words& words) {
  std::string out = OpenBulletinPage(bulletin, words, "index", words("Weekly earthquake forecast", "每周地震预测通报"));
  const v1::Forecast* newest = Newest(bulletin);
  out += "<div class=\"head\">\n<div>\n";
  if (newest == nullptr) {
    absl::StrAppend(&out, "<div class=\"verdict\"><p>", words("No forecast has been issued yet.", "尚未发布任何预报。"),
                    "</p></div>\n<p><strong>", Notice(words), "</strong></p>\n");
  } else {
    absl::StrAppend(&out, Warnings(bulletin, *newest, words), Verdict(bulletin, words),
                    Facts(bulletin, *newest, words));
  }
  absl::StrAppend(&out, "</div>\n", MapFigure(bulletin, words),
                  Section("changes", words("What changed since last week", "与上周相比"),
                          RenderSentences(Changes(bulletin, words))),
                  "</div>\n", Section("regions", words("Regions", "各区概率"), RegionTable(bulletin, words)));
  if (newest != nullptr) {
    absl::StrAppend(&out, Section("past", words("Issued against observed", "预报与实况"), PastTable(bulletin, words)));
  }
  absl::StrAppend(
      &out, Section("stations", words("Stations", "台站"), StationSection(bulletin, words)),
      Section("events", words("Earthquakes of the last 30 days", "近 30 天地震"), EventSection(bulletin, words)),
      Section("files", words("As files", "数据文件"), Downloads(bulletin, words)), CloseBulletinPage(bulletin, words));
  return out;
}

}  // namespace tremorcast::bulletin
