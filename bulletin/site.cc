#include "bulletin/site.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include "bulletin/exports.h"
#include "bulletin/pages.h"
#include "bulletin/simulation_files.h"
#include "bulletin/words.h"
#include "core/base/ids.h"

namespace tremorcast::bulletin {
namespace {

constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kJson[] = "application/json";

std::optional<File> Page(std::string html) { return File{kHtml, std::move(html)}; }

std::optional<File> RenderPage(const Bulletin& bulletin, absl::string_view stem, const Words& words,
                               const WindowSource& windows) {
  if (stem == "index") return Page(IndexPage(bulletin, words));
  if (absl::ConsumePrefix(&stem, "region-")) {
    const RegionBulletin* region = bulletin.Find(stem);
    if (region == nullptr) return std::nullopt;
    return Page(RegionPage(bulletin, *region, words));
  }
  if (absl::ConsumePrefix(&stem, "station-")) {
    const v1::Station* station = bulletin.FindStation(stem);
    if (station == nullptr) return std::nullopt;
    const std::optional<v1::StationWindow> window = windows(station->name());
    return Page(StationPage(bulletin, *station, window.has_value() ? &*window : nullptr, words));
  }
  return std::nullopt;
}

std::optional<File> RenderExport(const Bulletin& bulletin, absl::string_view name) {
  if (name == "forecasts.geojson") return File{"application/geo+json", GeoJson(bulletin)};
  if (name == "forecasts.csv") return File{"text/csv; charset=utf-8", ForecastsCsv(bulletin)};
  if (name == "catalogue.txt") return File{"text/plain; charset=utf-8", FdsnText(bulletin)};
  if (name == "rates.dat") {
    auto rates = CsepRates(bulletin);
    if (!rates.has_value()) return std::nullopt;
    return File{"text/plain; charset=utf-8", *std::move(rates)};
  }
  if (absl::string_view rest = name; absl::ConsumePrefix(&rest, "rates-")) {
    const bool geojson = absl::ConsumeSuffix(&rest, ".geojson");
    if (!geojson && !absl::ConsumeSuffix(&rest, ".dat")) return std::nullopt;
    const RegionBulletin* region = bulletin.Find(rest);
    if (region == nullptr || region->rates == nullptr) return std::nullopt;
    if (geojson) return File{"application/geo+json", RatesGeoJson(*region->rates)};
    return File{"text/plain; charset=utf-8", RatesDat(*region->rates)};
  }
  if (absl::ConsumePrefix(&name, "forecast-") && absl::ConsumeSuffix(&name, ".json")) {
    const RegionBulletin* region = bulletin.Find(name);
    if (region == nullptr) return std::nullopt;
    auto json = UsgsForecastJson(*region);
    if (!json.has_value()) return std::nullopt;
    return File{kJson, *std::move(json)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<ExportFile> ExportFiles(const Bulletin& bulletin) {
  std::vector<ExportFile> files = {
      {"forecasts.geojson", "regions, stations and the newest forecasts (GeoJSON)", "区域、台站与最新预报 (GeoJSON)"},
      {"forecasts.csv", "every forecast shown here, a line per magnitude", "此处全部预报，每个震级一行 (CSV)"},
      {"catalogue.txt", "the earthquakes (FDSN text)", "地震目录 (FDSN 文本格式)"}};
  if (CsepRates(bulletin).has_value()) {
    files.push_back({"rates.dat", "expected events per region and magnitude bin, as pyCSEP reads them",
                     "各区各震级档的期望地震数（pyCSEP 可读）"});
  }
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.latest() == nullptr) continue;
    files.push_back({absl::StrCat("forecast-", LastPart(region.region.name()), ".json"),
                     "one region, members named as in the USGS forecast product",
                     "单区预报，字段名与 USGS 预报产品一致"});
  }
  for (const RegionBulletin& region : bulletin.regions) {
    if (region.rates == nullptr) continue;
    const std::string id = LastPart(region.region.name());
    files.push_back({absl::StrCat("rates-", id, ".dat"),
                     "where earthquakes are expected in one region, cell by cell, as pyCSEP reads it",
                     "单区逐格的期望地震数（pyCSEP 可读）"});
    files.push_back(
        {absl::StrCat("rates-", id, ".geojson"), "the same with probabilities (GeoJSON)", "同上，并附概率 (GeoJSON)"});
  }
  return files;
}

std::vector<std::string> FileNames(const Bulletin& bulletin) {
  std::vector<std::string> names;
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const Words words(language);
    names.push_back(words.File("index"));
    for (const RegionBulletin& region : bulletin.regions)
      names.push_back(words.File(absl::StrCat("region-", LastPart(region.region.name()))));
    for (const v1::Station& station : bulletin.stations)
      names.push_back(words.File(absl::StrCat("station-", LastPart(station.name()))));
  }
  for (ExportFile& file : ExportFiles(bulletin)) names.push_back(std::move(file.name));
  return names;
}

std::optional<File> Render(const Bulletin& bulletin, absl::string_view name, const WindowSource& windows) {
  for (const Language language : {Language::kChinese, Language::kEnglish}) {
    absl::string_view stem = name;
    const Words words(language);
    if (absl::ConsumeSuffix(&stem, words.File(""))) return RenderPage(bulletin, stem, words, windows);
  }
  return RenderExport(bulletin, name);
}

}  // namespace tremorcast::bulletin
