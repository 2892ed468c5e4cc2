#include "bulletin/pages.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <gmock/gmock.h>

#include "bulletin/site.h"
#include "core/base/time_grid.h"
#include "tests/unit/bulletin/bulletin_world.h"

namespace tremorcast::bulletin {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Words kEnglish(Language::kEnglish);
const Words kChinese(Language::kChinese);

std::optional<v1::StationWindow> NoWindow(const std::string&) { return std::nullopt; }

TEST(BulletinTest, TellsStationsApart) {
  const Bulletin bulletin = MakeBulletin();
  EXPECT_EQ(bulletin.StateOf(bulletin.stations[0]), StationState::kSilent);
  EXPECT_EQ(bulletin.StateOf(bulletin.stations[1]), StationState::kPartial);
  EXPECT_EQ(bulletin.StateOf(bulletin.stations[2]), StationState::kNotEnrolled);
  EXPECT_EQ(bulletin.StateOf(bulletin.stations[3]), StationState::kWorking);
}

TEST(BulletinTest, ShadesHaveTheRangesTheLegendNames) {
  EXPECT_EQ(ShadeOf(0), 0);
  EXPECT_EQ(ShadeOf(0.0199), 0);
  EXPECT_EQ(ShadeOf(0.02), 1);
  EXPECT_EQ(ShadeOf(0.4), 5);
  EXPECT_THAT(ShadeRanges(), ElementsAre("< 2 %", "2–5 %", "5–10 %", "10–20 %", "20–40 %", "≥ 40 %"));
}

TEST(BulletinTest, ChangesAreAgainstTheWeekBeforeAndNoOther) {
  Bulletin bulletin = MakeBulletin();
  EXPECT_THAT(Changes(bulletin, kEnglish), ElementsAre("area-0: P(M ≥ 3.5) 4 % → 12 % (+8.0 points)"));
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("<td>+8.0</td>")) << "the table says what the list says";
  v1::Forecast& before = bulletin.regions[0].forecasts[1];
  before.mutable_valid_from_time()->set_seconds(before.valid_from_time().seconds() - 7 * 86400);
  EXPECT_TRUE(Changes(bulletin, kEnglish).empty());
  EXPECT_THAT(IndexPage(bulletin, kEnglish), Not(HasSubstr("<td>+8.0</td>")));
}

TEST(BulletinTest, AReplayIsToldFromThePresent) {
  Bulletin bulletin = MakeBulletin();
  EXPECT_THAT(IndexPage(bulletin, kEnglish), Not(HasSubstr("not the present time")));
  bulletin.replay = true;
  const std::string said = "Replay: not the present time.</strong> Here it is " + LocalMinute(bulletin.made_at);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr(said));
  EXPECT_THAT(RegionPage(bulletin, bulletin.regions[0], kEnglish), HasSubstr(said));
  EXPECT_THAT(StationPage(bulletin, bulletin.stations[0], nullptr, kEnglish), HasSubstr(said));
}

TEST(BulletinTest, NothingNoteworthyIsSaid) {
  Bulletin bulletin = MakeBulletin();
  bulletin.regions[0].forecasts[1] = MakeForecast("area-0", kWeek - absl::Hours(168), 0.1199);
  EXPECT_THAT(Changes(bulletin, kEnglish), ElementsAre(HasSubstr("Nothing moved")));
  bulletin.regions[0].forecasts[1].mutable_coverage()->set_usable_count(1);
  EXPECT_THAT(Changes(bulletin, kEnglish), ElementsAre("area-0: usable stations 1 → 3 of 3"));
}

TEST(BulletinTest, SkillIsClaimedOnlyForAModelThatHasWeightAndEvidence) {
  Bulletin bulletin = MakeBulletin();
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("No demonstrated skill"));
  v1::ModelUse* use = bulletin.regions[0].forecasts[0].mutable_model_use();
  use->set_demonstrated_skill(true);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("No demonstrated skill"));
  use->set_pool_weight(0.5);
  EXPECT_THAT(IndexPage(bulletin, kEnglish),
              HasSubstr("Demonstrated skill over climatology in 1 of 1 regions: area-0"));
}

TEST(BulletinTest, NoSkillIsClaimedOverARecordThatDeniesIt) {
  Bulletin bulletin = MakeBulletin();
  v1::Forecast& forecast = bulletin.regions[0].forecasts[0];
  forecast.mutable_model_use()->set_demonstrated_skill(true);
  forecast.mutable_model_use()->set_pool_weight(0.5);
  EXPECT_THAT(RegionPage(bulletin, bulletin.regions[0], kEnglish), HasSubstr("The model has shown skill"));
  // As an older service sends it, which did not look at the record itself.
  v1::TrackRecord* record = forecast.mutable_track_record();
  record->set_weeks_scored(9);
  record->set_event_weeks(3);
  record->set_information_gain(-0.677);
  record->set_log_evidence(9 * -0.677);
  for (const Words& words : {kEnglish, kChinese}) {
    const std::string page = RegionPage(bulletin, bulletin.regions[0], words);
    EXPECT_THAT(page, Not(HasSubstr("has shown skill")));
    EXPECT_THAT(page, Not(HasSubstr("verdict yes")));
    EXPECT_THAT(page,
                HasSubstr(words("in the verified weeks the issued forecasts were worse", "不如其应当超过的参照")));
    EXPECT_THAT(IndexPage(bulletin, words), HasSubstr(words("No demonstrated skill", "未显示预测技巧")));
  }
  for (const std::string& name : FileNames(bulletin)) {
    if (name.ends_with(".html")) continue;
    const std::string body = Render(bulletin, name, NoWindow)->body;
    EXPECT_THAT(body, Not(HasSubstr("\"demonstrated_skill\": true"))) << name;
    EXPECT_THAT(body, Not(HasSubstr("\"demonstratedSkill\": true"))) << name;
    EXPECT_THAT(body, Not(HasSubstr(",true,"))) << name;
  }
}

TEST(BulletinTest, AWeekThatIsOverIsCalledOutOfDate) {
  Bulletin bulletin = MakeBulletin();
  EXPECT_THAT(IndexPage(bulletin, kEnglish), Not(HasSubstr("Out of date")));
  bulletin.reference = kWeek + absl::Hours(168);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("Out of date"));
}

TEST(BulletinTest, WhatWasIssuedAfterAnEarthquakeStandsAboveTheWeek) {
  Bulletin bulletin = MakeBulletin();
  v1::Forecast after = MakeForecast("area-0", kWeek + absl::Hours(30), 0.83);
  after.set_issue_kind(v1::ISSUE_KIND_EVENT);
  after.set_trigger("M 6.5 of 2020-12-07, <in> the region");
  v1::HorizonOutlook* month = after.mutable_catalogue_outlook()->add_horizons();
  month->set_days(30);
  for (const double p : {0.9, 0.5, 0.2, 0.004}) month->add_exceedance_probabilities(p);
  month->set_expected_events(12.25);
  month->set_expected_events_low(3);
  month->set_expected_events_high(41);
  bulletin.regions[0].between_weeks = {after};
  *bulletin.regions[0].forecasts[0].mutable_catalogue_outlook() = after.catalogue_outlook();
  v1::RungAnswer* rung = bulletin.regions[0].forecasts[0].add_rungs();
  rung->set_rung(v1::RUNG_CATALOGUE);
  rung->add_class_probabilities(0.75);
  rung->set_answers(true);
  rung->set_verdict("better than <climatology>");
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const Words words(language);
    EXPECT_THAT(IndexPage(bulletin, words),
                AllOf(HasSubstr("M 6.5 of 2020-12-07, &lt;in&gt; the region"), HasSubstr("83 %")));
    const std::string page = RegionPage(bulletin, bulletin.regions[0], words);
    EXPECT_THAT(page, AllOf(HasSubstr("&lt;in&gt;"), HasSubstr("12.2 (3 – 41)"), HasSubstr("0.40 %"), HasSubstr("12 %"),
                            HasSubstr("25.0 %"), HasSubstr("better than &lt;climatology&gt;")));
    EXPECT_LT(page.find("83 %"), page.find("12 %")) << "the newest first";
    std::vector<std::string> names;  // of the tables, by which they are told apart where nobody sees them
    for (const absl::string_view one : absl::StrSplit(page, "role=\"region\" tabindex=\"0\" aria-label=\"")) {
      names.emplace_back(one.substr(0, one.find('"')));
    }
    names.erase(names.begin());
    EXPECT_GE(names.size(), 4U);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    EXPECT_THAT(RegionPage(bulletin, bulletin.regions[1], words), Not(HasSubstr("12.2")));
  }
}

Bulletin WithRates() {
  Bulletin bulletin = MakeBulletin();
  bulletin.regions[0].forecasts[0].set_rung(v1::RUNG_CATALOGUE);
  bulletin.regions[0].rates = std::make_shared<const v1::RateMap>(MakeRates());
  return bulletin;
}

TEST(BulletinTest, TheMapShowsWhereTheCatalogueExpectsEarthquakes) {
  EXPECT_THAT(RateShadeRanges(), ElementsAre("< 0.0001", "0.0001–0.001", "0.001–0.01", "0.01–0.1", "0.1–1", "≥ 1"));
  const Bulletin bulletin = WithRates();
  const std::string page = IndexPage(bulletin, kEnglish);
  // Of .04, 2.5 and 1e-7 events; as wide as a cell is in a map of 98 to 106 degrees and a margin.
  for (const char* cell : {"<path class=\"r3\" d=\"M", "<path class=\"r5\" d=\"M", "<path class=\"r0\" d=\"M"}) {
    EXPECT_THAT(page, HasSubstr(cell));
  }
  EXPECT_THAT(page, AllOf(HasSubstr("class=\"region rated\""), HasSubstr("<clipPath id=\"in-area-0\">"),
                          HasSubstr("Inside a region only the earthquake catalogue has a shape"),
                          HasSubstr("Earthquakes of M ≥ 3.5 expected per week and cell of 0.1° × 0.1°"),
                          HasSubstr("href=\"rates-area-0.geojson\"")));
  EXPECT_THAT(page, HasSubstr("class=\"region p0\"")) << "area-1 has no forecast";
  EXPECT_THAT(IndexPage(bulletin, kChinese),
              AllOf(HasSubstr("区域内部只有地震目录一级给出空间分布"), HasSubstr("每周每格（0.1° × 0.1°）M ≥ 3.5")));
  const std::string region = RegionPage(bulletin, bulletin.regions[0], kEnglish);
  EXPECT_THAT(region,
              AllOf(HasSubstr("<h2>Where</h2>"), HasSubstr("add up to 2.54 earthquakes"),
                    HasSubstr("href=\"rates-area-0.dat\""),
                    HasSubstr("tremorcast outlook catalogues --out catalogues.csv --forecast regions/area-0/")));
  EXPECT_THAT(RegionPage(bulletin, bulletin.regions[1], kEnglish), Not(HasSubstr("class=\"cells\"")));
  // The whole network is a frame around its parts, and has a map on its own page.
  Bulletin whole = MakeBulletin();
  whole.regions[2].forecasts = {MakeForecast("all", kWeek, 0.2)};
  whole.regions[2].forecasts[0].set_rung(v1::RUNG_CATALOGUE);
  whole.regions[2].rates = bulletin.regions[0].rates;
  EXPECT_THAT(IndexPage(whole, kEnglish), Not(HasSubstr("class=\"cells\"")));
  EXPECT_THAT(RegionPage(whole, whole.regions[2], kEnglish),
              AllOf(HasSubstr("class=\"cells\""), HasSubstr("expected per week and cell")));
}

TEST(BulletinTest, WithoutRatesNoneAreDrawn) {
  Bulletin bulletin = WithRates();
  bulletin.regions[0].rates = nullptr;
  for (const std::string& page : {IndexPage(bulletin, kEnglish), RegionPage(bulletin, bulletin.regions[0], kEnglish)}) {
    EXPECT_THAT(
        page, AllOf(Not(HasSubstr("class=\"cells\"")), Not(HasSubstr("rates-area-0")), Not(HasSubstr("being drawn"))));
  }
  bulletin.regions[0].drawing = true;
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("being drawn"));
  EXPECT_THAT(RegionPage(bulletin, bulletin.regions[0], kChinese), HasSubstr("正在绘制"));
  // The stations say one number, and so does climatology.
  bulletin.regions[0].forecasts[0].set_rung(v1::RUNG_STATIONS);
  EXPECT_EQ(bulletin.regions[0].rated(), nullptr);
}

TEST(BulletinTest, CellsOfOneShadeInARowAreOneBox) {
  Bulletin bulletin = WithRates();
  v1::RateMap row = MakeRates();
  row.clear_cells();
  for (int column = 0; column < 30; ++column) {
    v1::RateCell* cell = row.add_cells();
    cell->set_row(5);
    cell->set_column(column);
    cell->set_expected_events(column == 10 ? 0.5 : 2e-4);
  }
  bulletin.regions[0].rates = std::make_shared<const v1::RateMap>(row);
  const std::string map = MapFigure(bulletin, kEnglish);
  const auto path = [&](const std::string& css) {
    const size_t begin = map.find("<path class=\"" + css + "\"");
    return begin == std::string::npos ? "" : map.substr(begin, map.find("/>", begin) - begin);
  };
  const std::string quiet = path("r1"), busy = path("r4");
  EXPECT_EQ(std::count(quiet.begin(), quiet.end(), 'M'), 2) << "left and right of the other: " << quiet;
  EXPECT_EQ(std::count(busy.begin(), busy.end(), 'M'), 1);
}

TEST(BulletinTest, TheMapShowsTheNewestIssueOfARegionAndSaysSo) {
  Bulletin bulletin = MakeBulletin();
  v1::Forecast after = MakeForecast("area-0", kWeek + absl::Hours(30), 0.83);
  after.set_issue_kind(v1::ISSUE_KIND_EVENT);
  bulletin.regions[0].between_weeks = {after};
  EXPECT_THAT(MapFigure(bulletin, kEnglish),
              AllOf(HasSubstr("area-0: P(M ≥ 3.5) 83 %"), HasSubstr("Newer than the week's forecast: area-0 (seven "
                                                                    "days from 2020-12-07 06:00 UTC+8 on)")));
  EXPECT_THAT(MapFigure(MakeBulletin(), kEnglish), Not(HasSubstr("Newer than")));
}

// A region with a hole in its east, whichever way the hole is walked.
TEST(BulletinTest, ALabelStandsInTheMiddleOfWhatIsLeftOfARegion) {
  const auto label = [](bool turned) {
    Bulletin bulletin = MakeBulletin();
    v1::Polygon& polygon = *bulletin.regions[0].region.mutable_polygon();
    std::vector<std::pair<double, double>> hole = {{23, 100.5}, {23, 101.5}, {25, 101.5}, {25, 100.5}};
    if (turned) std::reverse(hole.begin() + 1, hole.end());
    hole.push_back(hole.front());
    hole.insert(hole.begin(), {polygon.points(0).latitude_degrees(), polygon.points(0).longitude_degrees()});
    for (const auto& [latitude, longitude] : hole) {
      v1::GeoPoint* point = polygon.add_points();
      point->set_latitude_degrees(latitude);
      point->set_longitude_degrees(longitude);
    }
    const std::string map = MapFigure(bulletin, kEnglish);
    const size_t end = map.find(">area-0</text>");
    return map.substr(map.rfind("<text", end), end - map.rfind("<text", end));
  };
  const std::string plain = [] {
    const std::string map = MapFigure(MakeBulletin(), kEnglish);
    const size_t end = map.find(">area-0</text>");
    return map.substr(map.rfind("<text", end), end - map.rfind("<text", end));
  }();
  EXPECT_EQ(label(false), label(true));
  EXPECT_NE(label(false), plain) << "the hole counts";
  const auto x = [](const std::string& text) { return std::stod(text.substr(text.find("x=\"") + 3)); };
  EXPECT_LT(x(label(false)), x(plain));
}

TEST(BulletinTest, HindcastsAndSimulationsAreNamed) {
  Bulletin bulletin = MakeBulletin();
  bulletin.regions[0].forecasts[0].set_purpose(v1::FORECAST_PURPOSE_HINDCAST);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("Computed afterwards"));
  bulletin.regions[0].forecasts[0].set_purpose(v1::FORECAST_PURPOSE_TEST);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("Simulated network"));
}

TEST(BulletinTest, NoEventsIsNotTheSameAsNoCatalogue) {
  Bulletin bulletin = MakeBulletin();
  bulletin.complete_until["cenc"] = kNow - absl::Hours(24 * 31);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("Nothing is known of these 30 days"));
  bulletin.complete_until["eqlst"] = kNow - absl::Hours(24);
  EXPECT_THAT(IndexPage(bulletin, kEnglish), HasSubstr("The catalogue holds no earthquake"));
}

TEST(BulletinTest, WeeksThatCameAreFramed) {
  Bulletin bulletin = MakeBulletin();
  v1::TrackRecord* record = bulletin.regions[0].forecasts[0].mutable_track_record();
  record->set_weeks_scored(2);
  for (int k = 1; k <= 2; ++k) {
    v1::ScoredWeek* week = record->add_last_weeks();
    week->mutable_valid_from_time()->set_seconds(absl::ToUnixSeconds(kWeek) - k * 7 * 86400);
    week->set_probability_event(0.031);
    week->set_observed_class(k - 1);
    if (k == 2) week->set_largest_magnitude(3.6);
  }
  const std::string page = IndexPage(bulletin, kEnglish);
  EXPECT_THAT(page, HasSubstr("<td>3.1 %<small>none</small></td><td class=\"came\">3.1 %<small>M 3.6</small></td>"));
}

TEST(BulletinTest, EachRungHasARowOfItsOwn) {
  Bulletin bulletin = MakeBulletin();
  v1::TrackRecord* record = bulletin.regions[0].forecasts[0].mutable_track_record();
  record->set_weeks_scored(40);
  EXPECT_THAT(Render(bulletin, "region-area-0.html", NoWindow)->body, Not(HasSubstr("whichever was issued")));
  v1::RungRecord* rung = record->add_rungs();
  rung->set_rung(v1::RUNG_CATALOGUE);
  rung->set_issue_kind(v1::ISSUE_KIND_DAILY);
  rung->set_issues_scored(301);
  rung->set_event_issues(44);
  rung->set_information_gain(0.021);
  rung->set_information_gain_low(0.01);
  rung->set_information_gain_high(0.03);
  const std::string page = Render(bulletin, "region-area-0.html", NoWindow)->body;
  EXPECT_THAT(page, HasSubstr("whichever was issued"));
  EXPECT_THAT(page, HasSubstr("earthquake catalogue (ETAS)</th><td>daily</td><td>301, 44</td>"));
  EXPECT_THAT(page, HasSubstr("+0.021 [+0.010, +0.030]"));
  EXPECT_THAT(Render(bulletin, "region-area-0.zh.html", NoWindow)->body, HasSubstr("每日"));
}

TEST(BulletinTest, AWeekThatALaterCatalogueRevisedSaysFromWhat) {
  Bulletin bulletin = MakeBulletin();
  v1::TrackRecord* record = bulletin.regions[0].forecasts[0].mutable_track_record();
  record->set_weeks_scored(1);
  v1::ScoredWeek* week = record->add_last_weeks();
  week->mutable_valid_from_time()->set_seconds(absl::ToUnixSeconds(kWeek) - 7 * 86400);
  week->set_observed_class(0);
  EXPECT_THAT(Render(bulletin, "region-area-0.html", NoWindow)->body, Not(HasSubstr("revised")));
  week->mutable_verify_time()->set_seconds(absl::ToUnixSeconds(kWeek));
  week->mutable_replaced()->set_observed_class(1);
  week->mutable_replaced()->set_largest_magnitude(3.6);
  week->mutable_replaced()->set_event_count(2);
  const std::string date = absl::FormatTime("%Y-%m-%d", kWeek, NetworkTimeZone());
  EXPECT_THAT(Render(bulletin, "region-area-0.html", NoWindow)->body,
              HasSubstr("none<br><small>revised " + date + "; before: M 3.6 (events: 2)</small>"));
  EXPECT_THAT(Render(bulletin, "region-area-0.zh.html", NoWindow)->body,
              HasSubstr("无<br><small>修订于 " + date + "；原为：M 3.6（地震数：2）</small>"));
}

TEST(BulletinTest, NamesFromOutsideAreEscaped) {
  Bulletin bulletin = MakeBulletin();
  bulletin.regions[0].region.set_title("<script>alert(1)</script>");
  bulletin.stations[0].set_title("\" onload=\"x");
  v1::SeismicEvent event;
  event.set_place("<b>");
  event.set_magnitude(4);
  bulletin.events.push_back(event);
  for (const std::string& name : FileNames(bulletin)) {
    if (!name.ends_with(".html")) continue;
    const auto file = Render(bulletin, name, NoWindow);
    ASSERT_TRUE(file.has_value()) << name;
    EXPECT_THAT(file->body, Not(HasSubstr("<script"))) << name;
    EXPECT_THAT(file->body, Not(HasSubstr("<b>\n"))) << name;
    EXPECT_THAT(file->body, Not(HasSubstr("\" onload"))) << name;
  }
}

TEST(BulletinTest, EveryFileNamedIsThereAndNoOther) {
  const Bulletin bulletin = MakeBulletin();
  const std::vector<std::string> names = FileNames(bulletin);
  EXPECT_EQ(names.size(), 2u * (1 + 3 + 4) + 3 + 1 + 1);
  for (const std::string& name : names) EXPECT_TRUE(Render(bulletin, name, NoWindow).has_value()) << name;
  for (const char* name : {"", "x.html", "region-x.html", "station-.zh.html", "forecast-area-1.json", "../index.html"})
    EXPECT_FALSE(Render(bulletin, name, NoWindow).has_value()) << name;
}

TEST(BulletinTest, GapsOfAStationsWeekAreShown) {
  v1::StationWindow window;
  window.set_slot_count(1008);
  v1::FeatureSeries* series = window.add_features();
  series->set_feature("magn@var");
  for (int i = 0; i < 1008; ++i)
    series->add_values(i >= 504 && i < 756 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i));
  const Bulletin bulletin = MakeBulletin();
  const std::string page = StationPage(bulletin, bulletin.stations[3], &window, kEnglish);
  // A quarter of 168 units, after half of them.
  EXPECT_THAT(page, HasSubstr("<rect class=\"gap\" x=\"84\" y=\"0\" width=\"42\""));
  EXPECT_THAT(page, HasSubstr("252 of 1008 slots missing"));
  EXPECT_THAT(page, HasSubstr("75.0 %"));
}

TEST(BulletinTest, BothLanguagesSayTheSameNumbers) {
  const Bulletin bulletin = MakeBulletin();
  const std::string chinese = Render(bulletin, "index.zh.html", NoWindow)->body;
  EXPECT_THAT(chinese, HasSubstr("<html lang=\"zh-CN\">"));
  EXPECT_THAT(chinese, HasSubstr("没有人能够预测"));
  EXPECT_THAT(chinese, HasSubstr("<strong>12 %</strong>"));
  EXPECT_THAT(chinese, HasSubstr("href=\"region-area-0.zh.html\""));
  EXPECT_THAT(chinese, HasSubstr("href=\"index.html\" lang=\"en\""));
}

}  // namespace
}  // namespace tremorcast::bulletin
