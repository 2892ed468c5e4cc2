// tremorcast bulletin

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

#include <absl/strings/str_cat.h>
#include <nlohmann/json.hpp>

#include "bulletin/data.h"
#include "bulletin/site.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "files/text_file.h"

namespace tremorcast::cli {
namespace {

class BulletinCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"-o,--output",
             "folder to write to; made if it is not there, files of the same names are replaced",
             &output_,
             true,
             {}},
            {"--purpose",
             "these forecasts (default: operational, test for simulated regions, hindcasts where none were issued)",
             &purpose_,
             false,
             {"operational", "hindcast", "test"}},
            {"--weeks", "weeks of history per region, 1 to 500", &weeks_, false, {}},
            {"--no-stations", "leave out the pages of single stations", &no_stations_, false, {}},
            {"--json", "say what was written as JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    std::ostream& err = context.console.err();
    if (weeks_ < 1 || weeks_ > 500) {
      err << "tremorcast bulletin: --weeks must be 1 to 500\n";
      return ExitCode::kUsage;
    }
    std::error_code failed;
    std::filesystem::create_directories(output_, failed);
    if (failed) {
      err << "tremorcast bulletin: cannot make " << output_ << ": " << failed.message() << "\n";
      return ExitCode::kFailed;
    }
    bulletin::FetchOptions options;
    options.purpose = ParsePurpose(purpose_);
    options.weeks = static_cast<int>(weeks_);
    bulletin::Bulletin data;
    if (const grpc::Status status = bulletin::Fetch(context.client.channel(), options, context.pacer.Now(), &data);
        !status.ok()) {
      return Report(context.console, context.client, "bulletin", status);
    }
    if (const grpc::Status status = bulletin::FetchAllRates(context.client.channel(), absl::Minutes(2), &data);
        !status.ok()) {
      return Report(context.console, context.client, "bulletin", status);
    }
    return Write(context, data, options);
  }

 private:
  ExitCode Write(CommandContext& context, const bulletin::Bulletin& data, const bulletin::FetchOptions& options) const {
    grpc::Status broken;
    // The two languages of a station follow each other by name, not in time, so the last window is
    // not kept.
    const bulletin::WindowSource windows = [&](const std::string& station) -> std::optional<v1::StationWindow> {
      v1::StationWindow window;
      const grpc::Status status =
          bulletin::FetchWindow(context.client.channel(), data, station, options.call_timeout, &window);
      if (status.ok()) return window;
      if (status.error_code() != grpc::StatusCode::NOT_FOUND) broken = status;
      return std::nullopt;
    };
    int64_t written = 0;
    for (const std::string& name : bulletin::FileNames(data)) {
      if (no_stations_ && name.starts_with("station-")) continue;
      const std::optional<bulletin::File> file = bulletin::Render(data, name, windows);
      if (!broken.ok()) return Report(context.console, context.client, name, broken);
      if (!file.has_value()) continue;
      if (const absl::Status status = WriteTextFile((std::filesystem::path(output_) / name).string(), file->body);
          !status.ok()) {
        context.console.err() << "tremorcast bulletin: " << status.message() << "\n";
        return ExitCode::kFailed;
      }
      ++written;
    }
    if (json_) {
      context.console.out() << nlohmann::ordered_json{{"folder", output_}, {"files", written}}.dump() << "\n";
      return ExitCode::kOk;
    }
    context.console.err() << Count(written, "file") << " in " << output_ << "; open "
                          << (std::filesystem::path(output_) / "index.html").string() << "\n";
    return ExitCode::kOk;
  }

  std::string output_, purpose_;
  int64_t weeks_ = 26;
  bool no_stations_ = false, json_ = false;
};

}  // namespace

CommandSpec BulletinSpec() {
  return {"bulletin",
          "Write the bulletin as web pages and data files",
          "A map, each region's probabilities beside climatology, what was issued against what came, stations week by "
          "week; in English "
          "and Chinese. Static files without scripts; they load nothing from anywhere.",
          {"tremorcast bulletin -o /srv/www/bulletin", "tremorcast bulletin -o out --purpose hindcast --no-stations"},
          [] { return std::make_unique<BulletinCommand>(); }};
}

}  // namespace tremorcast::cli
