#pragma once

// A bulletin as a folder of files: pages in two languages and the exports. The same names serve as
// paths over HTTP. Pure but for the window source; thread safe.
//
//   index.html region-ID.html station-ID.html    and the same with .zh.html
//   forecasts.geojson forecasts.csv catalogue.txt rates.dat forecast-ID.json rates-ID.dat rates-ID.geojson

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>

#include "bulletin/data.h"

namespace tremorcast::bulletin {

struct ExportFile {
  std::string name;
  const char* english;
  const char* chinese;
};
// rates.dat only where every region is a box; rates-ID only where the bulletin has them.
std::vector<ExportFile> ExportFiles(const Bulletin& bulletin);

// Every file there is, pages first.
std::vector<std::string> FileNames(const Bulletin& bulletin);

struct File {
  std::string content_type;
  std::string body;
};
// Asked for station pages only; nothing: the page says that there is no week to show.
using WindowSource = std::function<std::optional<v1::StationWindow>(const std::string& station_name)>;
// Nothing: there is no such file.
std::optional<File> Render(const Bulletin& bulletin, absl::string_view name, const WindowSource& windows);

}  // namespace tremorcast::bulletin
