#include "command_line/arguments.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "command_line/suggestion.h"
#include "core/base/status_macros.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

// The subcommand that was given, or else the app itself.
const CLI::App& Deepest(const CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  return given.empty() ? app : Deepest(*given.back());
}

absl::Status Unexpected(const CLI::App& app, const CLI::ExtrasError& error) {
  const std::vector<std::string> extras = app.remaining(/*recurse=*/true);
  if (extras.empty()) return absl::InvalidArgumentError(error.what());
  const std::string word = extras.front().substr(0, extras.front().find('='));
  const bool flag = absl::StartsWith(word, "-");
  const CLI::App& command = Deepest(app);
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    if (flag) known.push_back(option->get_name());
  }
  for (const CLI::App* subcommand : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (!flag) known.push_back(subcommand->get_name());
  }
  return absl::InvalidArgumentError(
      absl::StrCat(flag ? "unknown flag '" : "unexpected argument '", word, "'.", DidYouMean(word, known)));
}

// An unset variable in a script gives a flag "", and none of them means that. Nor is any number nan.
absl::Status CheckValues(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat(option->get_name(), " is given without a value; leave it out if that is meant"));
      }
      double number = 0;
      if (absl::StartsWith(option->get_type_name(), "FLOAT") && absl::SimpleAtod(value, &number) &&
          std::isnan(number)) {
        return absl::InvalidArgumentError(absl::StrCat(option->get_name(), ": '", value, "' is no number"));
      }
    }
  }
  for (const CLI::App* command : app.get_subcommands()) RETURN_IF_ERROR(CheckValues(*command));
  return absl::OkStatus();
}

}  // namespace

std::string VersionLine(absl::string_view program, absl::string_view runtime) {
  return absl::StrCat(program, " ", BuildVersion(), " (", BuildRevision(), ")", runtime.empty() ? "" : ", ", runtime);
}

std::string UsageError(absl::string_view program, absl::string_view message) {
  const bool ended = absl::EndsWith(message, ".") || absl::EndsWith(message, "?");
  return absl::StrCat(program, ": ", message, ended ? "" : ".", " See '", program, " --help'.\n");
}

absl::StatusOr<std::string> ReadArguments(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    app.parse(std::move(reversed));
    RETURN_IF_ERROR(CheckValues(app));
    return "";
  } catch (const CLI::CallForHelp&) {
    return app.help();  // of the subcommand that was given
  } catch (const CLI::CallForVersion& version) {
    return absl::StrCat(version.what(), "\n");
  } catch (const CLI::ExtrasError& error) {
    return Unexpected(app, error);
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

}  // namespace tremorcast
