#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "bulletin/pages.h"
#include "bulletin/values.h"
#include "bulletin/words.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "page/html.h"
#include "page/svg_chart.h"

namespace tremorcast::bulletin {
namespace {

HtmlCell Number(std::string html) { return {.html = std::move(html)}; }

std::string Code(absl::string_view text) { return absl::StrCat("<code>", EscapeHtml(text), "</code>"); }

std::string Facts(const v1::Forecast& f, const Words& words) {
  return RenderFacts(std::vector<HtmlFact>{
      {words("Valid", "有效期"), WeekText(words, f)},
      {words("Issued", "发布时间"), absl::StrCat(LocalMinute(ToTime(f.issue_time())), " UTC+8")},
      {words("Inputs end", "数据截止"), absl::StrCat(LocalMinute(ToTime(f.data_cutoff_time())), " UTC+8")},
      {words("Kind", "类别"), PurposeText(words, f.purpose())},
      {words("Status", "状态"), StatusText(words, f)},
      {words("Stations usable", "可用台站"),
       absl::StrCat(f.coverage().usable_count(), words(" of ", " / "), f.coverage().enrolled_count(), ", ",
                    PercentOf(f.coverage().slot_fraction()), words(" of the rows", " 的数据"))},
      {words("Revision", "修订"), absl::StrCat(f.revision())}});
}

std::string Verdict(const v1::Forecast& f, const Words& words) {
  return absl::StrCat("<div class=\"verdict", HasSkill(f) ? " yes" : "", "\"><p>", VerdictText(words, f),
                      "</p></div>\n<p><strong>", Notice(words), "</strong></p>\n");
}

// What tells the tables of an issue between the weeks from those of the week, which the page has too.
std::string Since(const v1::Forecast& f, const Words& words) {
  if (f.issue_kind() != v1::ISSUE_KIND_EVENT && f.issue_kind() != v1::ISSUE_KIND_DAILY) return "";
  return absl::StrCat(words(", from ", "，自 "), LocalMinute(ToTime(f.valid_from_time())),
                      words(" UTC+8 on", " UTC+8 起"));
}

std::string Probabilities(const v1::Forecast& f, const Words& words) {
  HtmlTable table;
  table.caption = absl::StrCat(
      words("Probability of at least one earthquake within the week", "一周内发生至少一次地震的概率"), Since(f, words));
  table.columns = {words("Magnitude", "震级"),
                   words("Forecast", "预报"),
                   words("Usual", "背景"),
                   words("Ratio", "比值"),
                   words("Spread of the heads", "模型离散"),
                   words("In words", "约合")};
  std::vector<HtmlRow> rows;
  for (const v1::Exceedance& e : f.exceedances()) {
    rows.push_back(
        {{.html = absl::StrFormat("M ≥ %.1f", e.magnitude()), .header = true},
         Number(absl::StrCat("<strong>", EscapeHtml(e.display()), "</strong>")),
         Number(PercentOf(e.climatology(), e.climatology() < 0.01 ? 2 : 1)),
         Number(FixedNumber(e.ratio(), 2)),
         Number(e.spread_high() > 0 ? absl::StrCat(PercentOf(e.spread_low()), " – ", PercentOf(e.spread_high())) : "–"),
         {.html = EscapeHtml(e.about_one_in()), .text = true, .css = "short"}});
  }
  table.groups.push_back(std::move(rows));
  return absl::StrCat(RenderTable(table), "<p class=\"soft\">",
                      words("The spread is between the heads of the model; it is not a confidence interval.",
                            "模型离散指各分类头之间的差异，并非置信区间。"),
                      "</p>\n");
}

// What the catalogue rung says of other lengths of time.
std::string Horizons(const v1::Forecast& f, const Words& words) {
  if (!f.has_catalogue_outlook()) return "";
  const v1::CatalogueOutlook& outlook = f.catalogue_outlook();
  HtmlTable table;
  table.caption =
      absl::StrCat(words("What the earthquake catalogue alone says (ETAS)", "仅依据地震目录（ETAS）"), Since(f, words));
  table.columns = {words("Within", "期限")};
  for (const v1::Exceedance& e : f.exceedances()) table.columns.push_back(absl::StrFormat("M ≥ %.1f", e.magnitude()));
  table.columns.push_back(words("Earthquakes expected (95 %)", "预期地震数（95 %）"));
  std::vector<HtmlRow> rows;
  for (const v1::HorizonOutlook& horizon : outlook.horizons()) {
    HtmlRow row = {
        {.html = absl::StrCat(horizon.days(), words(horizon.days() == 1 ? " day" : " days", " 天")), .header = true}};
    for (const double p : horizon.exceedance_probabilities()) row.push_back(Number(PercentOf(p, p < 0.01 ? 2 : 1)));
    row.push_back(Number(absl::StrFormat("%.3g (%d – %d)", horizon.expected_events(), horizon.expected_events_low(),
                                         horizon.expected_events_high())));
    rows.push_back(std::move(row));
  }
  table.groups.push_back(std::move(rows));
  return absl::StrCat(RenderTable(table), "<p class=\"soft\">",
                      words("From the catalogue as it was known, complete up to ", "依据当时已知的目录，完整至 "),
                      LocalMinute(ToTime(outlook.complete_until_time())),
                      words(" UTC+8 from M ", "（UTC+8），震级下限 M "),
                      FixedNumber(outlook.completeness_magnitude(), 1), words(" on.", "。"), "</p>\n");
}

// What the stations say of fewer days than the week, where they have shown skill.
std::string StationHorizons(const v1::Forecast& f, const Words& words) {
  HtmlTable table;
  table.caption = absl::StrCat(words("What the stations say of fewer days", "台站对更短期限的预报"), Since(f, words));
  table.columns = {words("Within", "期限")};
  for (const v1::Exceedance& e : f.exceedances()) table.columns.push_back(absl::StrFormat("M ≥ %.1f", e.magnitude()));
  std::vector<HtmlRow> rows;
  for (const v1::StationHorizon& horizon : f.station_horizons()) {
    if (!horizon.answer().answers()) continue;
    HtmlRow row = {
        {.html = absl::StrCat(horizon.days(), words(horizon.days() == 1 ? " day" : " days", " 天")), .header = true}};
    for (const double p : horizon.exceedance_probabilities()) row.push_back(Number(PercentOf(p, p < 0.01 ? 2 : 1)));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return "";
  table.groups.push_back(std::move(rows));
  return RenderTable(table);
}

// What is newer than the week's forecast: after an earthquake, or of this day.
std::string BetweenWeeks(const RegionBulletin& region, const Words& words) {
  if (region.between_weeks.empty()) return "";
  const v1::Forecast& f = region.between_weeks.front();
  const bool event = f.issue_kind() == v1::ISSUE_KIND_EVENT;
  std::string out =
      absl::StrCat("<h2>", event ? words("After the earthquake", "地震之后") : words("Today", "今日"), "</h2>\n<p>");
  if (event) absl::StrAppend(&out, "<strong lang=\"en\">", EscapeHtml(f.trigger()), "</strong>. ");
  absl::StrAppend(&out, WeekText(words, f), ". ",
                  f.rung() == v1::RUNG_STATIONS
                      ? words("The week's forecast below stands as it was issued.", "下方的周预报保持发布时的内容。")
                      : words("From the earthquake catalogue alone; the week's forecast below stands as it was issued.",
                              "仅依据地震目录；下方的周预报保持发布时的内容。"),
                  "</p>\n");
  return out + Probabilities(f, words) + Horizons(f, words);
}

// Where inside the region the newest forecast expects earthquakes, and how to have it as files.
std::string Where(const Bulletin& bulletin, const RegionBulletin& region, const Words& words) {
  if (region.rates == nullptr && !region.drawing) return "";
  const std::string id = LastPart(region.region.name());
  std::string out = absl::StrCat("<h2>", words("Where", "位置"), "</h2>\n", MapFigure(bulletin, words, &region));
  if (region.rates == nullptr) return out;
  double expected = 0;
  for (const v1::RateCell& cell : region.rates->cells()) expected += cell.expected_events();
  const std::string rates = absl::StrCat("rates-", id);
  return absl::StrCat(out, "<p>", words("The cells add up to ", "各格合计期望 "), absl::StrFormat("%.3g", expected),
                      words(" earthquakes, ", " 次地震，"), WeekText(words, *region.rated()),
                      words(". As files: ", "。数据文件："), Link(rates + ".dat", rates + ".dat"),
                      words(" (pyCSEP), ", "（pyCSEP）、"), Link(rates + ".geojson", rates + ".geojson"),
                      words(". The simulated catalogues:", "。模拟地震目录："), "</p>\n<pre>",
                      EscapeHtml(absl::StrCat("tremorcast outlook catalogues --out catalogues.csv --forecast ",
                                              region.rated()->name())),
                      "</pre>\n");
}

std::string History(const RegionBulletin& region, const Words& words) {
  if (region.forecasts.size() < 2) return "";
  const absl::Time newest = ToTime(region.latest()->valid_from_time());
  const auto weeks = [&](absl::Time t) { return absl::ToDoubleHours(t - newest) / (24 * 7); };
  ChartSeries issued, usual, came;
  issued.name = words("forecast", "预报");
  usual.name = words("usual", "背景");
  usual.style = 1;
  came.name = words("an earthquake came", "发生地震");
  came.style = 3;
  for (auto it = region.forecasts.rbegin(); it != region.forecasts.rend(); ++it) {
    if (it->exceedances_size() == 0) continue;
    const double x = weeks(ToTime(it->valid_from_time()));
    issued.points.push_back({x, 100 * it->exceedances(0).probability()});
    usual.points.push_back({x, 100 * it->exceedances(0).climatology()});
  }
  for (const v1::ScoredWeek& week : region.latest()->track_record().last_weeks()) {
    if (week.observed_class() > 0)
      came.marks.push_back({weeks(ToTime(week.valid_from_time())), 100 * week.probability_event()});
  }
  issued.marks = issued.points;
  issued.mark_sizes.assign(issued.marks.size(), 1.8);
  LineChart chart;
  chart.id = "history";
  chart.title = words("P(M ≥ 3.5) week by week", "逐周 P(M ≥ 3.5)");
  chart.description = words(
      "Forecast and usual probability of each week, in percent; marked are weeks in which an "
      "earthquake of M 3.5 or more came. The last weeks are also in the table below.",
      "各周的预报概率与背景概率（%）；标记表示该周发生了 3.5 级及以上地震。近几周的数字见下表。");
  chart.x.label = words("weeks from the newest forecast", "距最新预报的周数");
  chart.y.label = "%";
  chart.y.low = 0;
  double top = 1;
  for (const ChartSeries* series : {&issued, &usual}) {
    for (const ChartPoint& point : series->points) top = std::max(top, 1.1 * point.y);
  }
  chart.y.high = top;
  chart.series = {std::move(issued), std::move(usual)};
  if (!came.marks.empty()) chart.series.push_back(std::move(came));
  return absl::StrCat("<h2>", words("History", "历史"), "</h2>\n<figure>", RenderLineChart(chart), "</figure>\n");
}

std::string Came(bool came, bool has_magnitude, double magnitude, const Words& words) {
  if (!came) return words("none", "无");
  return has_magnitude ? absl::StrFormat("M %.1f", magnitude) : words("an earthquake", "有震");
}

// That a later catalogue said something else, when, and what was said before.
std::string RevisedText(const v1::ScoredWeek& week, const Words& words) {
  const v1::ObservedWeek& before = week.replaced();
  const std::string said =
      Came(before.observed_class() > 0, before.has_largest_magnitude(), before.largest_magnitude(), words);
  return absl::StrCat(words("revised ", "修订于 "), LocalDate(ToTime(week.verify_time())),
                      words("; before: ", "；原为："), said, words(" (events: ", "（地震数："), before.event_count(),
                      words(")", "）"));
}

std::string RungName(const Words& words, v1::Rung rung) {
  switch (rung) {
    case v1::RUNG_CLIMATOLOGY:
      return words("usual rate (climatology)", "背景概率");
    case v1::RUNG_CATALOGUE:
      return words("earthquake catalogue (ETAS)", "地震目录（ETAS）");
    case v1::RUNG_STATIONS:
      return words("stations", "台站");
    default:
      return words("unknown", "未知");
  }
}

std::string GainText(double mean, bool interval, double low, double high) {
  return absl::StrCat(SignedNumber(mean, 3),
                      interval ? absl::StrCat(" [", SignedNumber(low, 3), ", ", SignedNumber(high, 3), "]") : "");
}

// What the rungs said was worth, whichever was issued.
std::string RungRecords(const v1::TrackRecord& record, const Words& words) {
  if (record.rungs().empty()) return "";
  HtmlTable table;
  table.caption =
      words("What each rung's answers were worth, whichever was issued", "各级别预报的得分（无论发布的是哪一级）");
  table.columns = {
      words("Rung", "级别"), words("Issues", "发布类型"), words("Verified, with an earthquake", "已检验／有震"),
      words("Gain over climatology", "相对背景概率的增益"), words("Over the rung below", "相对下一级的增益")};
  std::vector<HtmlRow> rows;
  for (const v1::RungRecord& rung : record.rungs()) {
    rows.push_back(
        {{.html = RungName(words, rung.rung()), .header = true},
         {.html = rung.issue_kind() == v1::ISSUE_KIND_DAILY ? words("daily", "每日") : words("weekly", "每周")},
         Number(absl::StrCat(rung.issues_scored(), ", ", rung.event_issues())),
         Number(GainText(rung.information_gain(), rung.has_information_gain_low(), rung.information_gain_low(),
                         rung.information_gain_high())),
         Number(rung.has_below_information_gain()
                    ? GainText(rung.below_information_gain(), rung.has_below_information_gain_low(),
                               rung.below_information_gain_low(), rung.below_information_gain_high())
                    : "")});
  }
  table.groups.push_back(std::move(rows));
  return RenderTable(table);
}

std::string TrackRecord(const v1::TrackRecord& record, const Words& words) {
  std::string out = absl::StrCat("<h2>", words("Issued against observed", "预报与实况"), "</h2>\n");
  if (record.weeks_scored() == 0) {
    return absl::StrCat(out, "<p>", words("No week of this region has been verified yet.", "该区尚无已检验的周次。"),
                        "</p>\n");
  }
  std::vector<HtmlFact> facts = {{words("Weeks scored", "已评分周数"), absl::StrCat(record.weeks_scored())},
                                 {words("With an earthquake", "其中有震"), absl::StrCat(record.event_weeks())}};
  if (record.has_information_gain()) {
    facts.push_back({words("Gain over climatology (nats a week)", "相对背景概率的增益（纳特/周）"),
                     GainText(record.information_gain(), record.has_information_gain_low(),
                              record.information_gain_low(), record.information_gain_high())});
  }
  if (record.has_catalogue_information_gain()) {
    facts.push_back({words("Gain over the catalogue alone", "相对仅用地震目录的增益"),
                     GainText(record.catalogue_information_gain(), record.has_catalogue_information_gain_low(),
                              record.catalogue_information_gain_low(), record.catalogue_information_gain_high())});
  }
  if (record.has_twin_information_gain()) {
    facts.push_back({words("Gain over a model that sees no station", "相对不看台站的模型的增益"),
                     GainText(record.twin_information_gain(), record.has_twin_information_gain_low(),
                              record.twin_information_gain_low(), record.twin_information_gain_high())});
  }
  absl::StrAppend(&out, RenderFacts(facts));
  if (!record.sentence().empty()) absl::StrAppend(&out, "<p lang=\"en\">", EscapeHtml(record.sentence()), "</p>\n");
  absl::StrAppend(&out, RungRecords(record, words));
  HtmlTable table;
  table.caption = words("Last weeks, newest first", "最近各周，按时间倒序");
  table.columns = {words("Week from", "起始日"), words("Said P(M ≥ 3.5)", "预报 P(M ≥ 3.5)"), words("Came", "实况"),
                   words("Gain", "增益")};
  std::vector<HtmlRow> rows;
  for (const v1::ScoredWeek& week : record.last_weeks()) {
    const bool came = week.observed_class() > 0;
    std::string said = Came(came, week.has_largest_magnitude(), week.largest_magnitude(), words);
    if (week.has_replaced()) absl::StrAppend(&said, "<br><small>", RevisedText(week, words), "</small>");
    rows.push_back({{.html = LocalDate(ToTime(week.valid_from_time())), .header = true},
                    Number(PercentOf(week.probability_event())),
                    {.html = std::move(said), .css = came ? "came" : ""},
                    Number(SignedNumber(week.information_gain(), 2))});
  }
  table.groups.push_back(std::move(rows));
  return out + RenderTable(table);
}

std::string Stations(const Bulletin& bulletin, const v1::Forecast& f, const Words& words) {
  if (f.coverage().stations().empty()) return "";
  HtmlTable table;
  table.caption = words("Enrolled stations", "纳入的台站");
  table.columns = {words("Station", "台站"), words("Now", "当前"), words("Rows in the week used", "所用一周的数据"),
                   words("Used", "参与计算"), words("Drifted features", "漂移特征")};
  std::vector<HtmlRow> rows;
  for (const v1::StationCoverage& one : f.coverage().stations()) {
    const std::string id = LastPart(one.station());
    const v1::Station* station = bulletin.FindStation(id);
    rows.push_back({{.html = Link(words.File(absl::StrCat("station-", id)), EscapeHtml(id)), .header = true},
                    {.html = station == nullptr ? "–" : StateText(words, bulletin.StateOf(*station)),
                     .text = true,
                     .css = "short"},
                    Number(PercentOf(one.slot_fraction())),
                    Number(one.usable() ? words("yes", "是") : words("no", "否")),
                    Number(absl::StrCat(one.drift_flags_size()))});
  }
  table.groups.push_back(std::move(rows));
  return absl::StrCat("<h2>", words("Stations", "台站"), "</h2>\n", RenderTable(table));
}

std::string Ladder(const v1::Forecast& f, const Words& words) {
  if (f.rungs().empty()) return "";
  HtmlTable table;
  table.caption = words("Each answers only where it has shown skill over the one above it in this table",
                        "每一级仅在相对上一行显示出预测技巧时采用");
  table.columns = {words("Rung", "级别"), words("Says P(M ≥ 3.5)", "P(M ≥ 3.5)"), words("Answers", "采用"),
                   words("Why", "原因")};
  std::vector<HtmlRow> rows;
  for (const v1::RungAnswer& rung : f.rungs()) {
    const double none = rung.class_probabilities().empty() ? 1 : rung.class_probabilities(0);
    rows.push_back({{.html = RungName(words, rung.rung()), .header = true},
                    Number(PercentOf(1 - none)),
                    {.html = rung.answers() ? words("yes", "是") : words("no", "否"), .text = true, .css = "short"},
                    {.html = absl::StrCat("<span lang=\"en\">", EscapeHtml(rung.verdict()), "</span>"), .text = true}});
  }
  table.groups.push_back(std::move(rows));
  return absl::StrCat("<h2>", words("Who answers", "由谁回答"), "</h2>\n", RenderTable(table), Horizons(f, words),
                      StationHorizons(f, words));
}

std::string Provenance(const v1::Forecast& f, const Words& words) {
  const v1::ModelUse& use = f.model_use();
  std::vector<HtmlFact> facts = {{words("Forecast", "预报编号"), Code(f.name())}};
  if (use.used()) {
    facts.push_back({words("Model", "模型"), Code(LastPart(use.model()))});
    facts.push_back({words("Its weight against climatology", "模型权重"), FixedNumber(use.pool_weight(), 2)});
    facts.push_back({words("Trained on", "训练时段"), absl::StrCat(LocalDate(ToTime(use.training_start_time())), " – ",
                                                                   LocalDate(ToTime(use.training_end_time())))});
    facts.push_back({words("Weights (SHA-256)", "权重 (SHA-256)"), Code(use.weights_sha256())});
  } else if (!use.set_aside_model().empty()) {
    facts.push_back({words("Set aside for lack of skill", "因无技巧而未采用"), Code(LastPart(use.set_aside_model()))});
  }
  facts.push_back({words("Everything it was made from (SHA-256)", "全部输入 (SHA-256)"), Code(f.input_hash())});
  std::string out = absl::StrCat("<h2>", words("How it was made", "生成方式"), "</h2>\n", RenderFacts(facts), "<p>",
                                 words("Compute it again and compare the bits:", "重新计算并逐位比较："), "</p>\n<pre>",
                                 EscapeHtml(absl::StrCat("tremorcast forecast --replay ", f.name())), "</pre>\n");
  if (!f.verdict().empty() || f.limitations_size() > 0) {
    std::vector<std::string> sentences(f.limitations().begin(), f.limitations().end());
    if (!f.verdict().empty()) sentences.insert(sentences.begin(), f.verdict());
    absl::StrAppend(&out, "<h2>", words("Notes on use", "使用须知"), "</h2>\n<div lang=\"en\">",
                    RenderSentences(sentences), "</div>\n");
  }
  return out;
}

}  // namespace

std::string RegionPage(const Bulletin& bulletin, const RegionBulletin& region, const Words& words) {
  const std::string stem = absl::StrCat("region-", LastPart(region.region.name()));
  std::string out = OpenBulletinPage(bulletin, words, stem, RegionTitle(region.region));
  const v1::Forecast* latest = region.latest();
  if (latest == nullptr) {
    absl::StrAppend(&out, "<div class=\"verdict\"><p>", words("No forecast has been issued yet.", "尚未发布任何预报。"),
                    "</p></div>\n<p><strong>", Notice(words), "</strong></p>\n");
  } else {
    const std::string where = Where(bulletin, region, words);
    const bool newer = !region.between_weeks.empty();
    absl::StrAppend(&out, BetweenWeeks(region, words), newer ? where : "", Verdict(*latest, words),
                    Facts(*latest, words), Probabilities(*latest, words), Ladder(*latest, words), newer ? "" : where,
                    History(region, words), TrackRecord(latest->track_record(), words),
                    Stations(bulletin, *latest, words), Provenance(*latest, words));
  }
  return out + CloseBulletinPage(bulletin, words);
}

}  // namespace tremorcast::bulletin
