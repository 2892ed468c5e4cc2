#include "formats/json_text.h"

#include <set>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::string_view PlainJsonFault(absl::string_view what) {
  const size_t end = what.find("] ");
  return absl::StartsWith(what, "[json.exception") && end != absl::string_view::npos ? what.substr(end + 2) : what;
}

absl::StatusOr<nlohmann::json> ParseJsonText(absl::string_view text) {
  using Json = nlohmann::json;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  std::string twice;
  const auto look = [&](int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second && twice.empty())
      twice = parsed.get<std::string>();
    return true;
  };
  try {
    Json json = Json::parse(text.begin(), text.end(), look);
    if (twice.empty()) return json;
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat("no JSON: ", PlainJsonFault(error.what())));
  } catch (const Json::exception&) {
    return absl::InvalidArgumentError("holds a number that is out of range");
  }
  return absl::InvalidArgumentError(absl::StrCat("an object has the member '", twice, "' twice"));
}

}  // namespace tremorcast
