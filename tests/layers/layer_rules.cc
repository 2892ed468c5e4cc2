#include "tests/layers/layer_rules.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <sstream>

namespace tremorcast {
namespace {

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// Is `path` the file `place`, or below the folder `place`?
bool IsBelow(std::string_view path, std::string_view place) {
  return StartsWith(path, place) && (path.size() == place.size() || path[place.size()] == '/');
}

bool Matches(std::string_view header, std::string_view pattern) {
  return pattern.back() == '/' ? StartsWith(header, pattern) : header == pattern;
}

bool MatchesAny(std::string_view header, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return Matches(header, p); });
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// <vector>, <cstdint>: no folder and no suffix.
bool IsStandard(std::string_view header) { return header.find_first_of("/.") == std::string_view::npos; }

struct Include {
  std::string header;
  bool angled = false;
};

std::optional<Include> ParseInclude(std::string_view line) {
  auto skip_blanks = [&line] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  skip_blanks();
  if (!StartsWith(line, "#")) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!StartsWith(line, "include")) return std::nullopt;
  line.remove_prefix(std::string_view("include").size());
  skip_blanks();
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const bool angled = line[0] == '<';
  const size_t end = line.find(angled ? '>' : '"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(line.substr(1, end - 1)), angled};
}

template <typename Value>
const std::pair<const std::string, Value>* LongestPlace(const std::map<std::string, Value>& places,
                                                        std::string_view path) {
  const std::pair<const std::string, Value>* best = nullptr;
  for (const auto& entry : places) {
    if (IsBelow(path, entry.first) && (best == nullptr || entry.first.size() > best->first.size())) best = &entry;
  }
  return best;
}

// Is `folder` a place of the table, below one, or above one?
bool IsKnown(const LayerRules& rules, const std::string& folder) {
  return LongestPlace(rules.layers, folder) != nullptr ||
         std::any_of(rules.layers.begin(), rules.layers.end(),
                     [&](const auto& entry) { return IsBelow(entry.first, folder); });
}

std::optional<std::string> NameOf(const std::map<std::string, std::vector<std::string>>& names,
                                  std::string_view header) {
  for (const auto& [name, patterns] : names) {
    if (MatchesAny(header, patterns)) return name;
  }
  return std::nullopt;
}

std::string TopFolder(std::string_view header) { return std::string(header.substr(0, header.find('/'))); }

// Why `header` may not be included from a file of the place, or "" if it may.
std::string Objection(const LayerRules& rules, const std::string& place, const LayerRule& rule,
                      const Include& include) {
  const std::string& header = include.header;
  if (IsStandard(header)) return include.angled ? "" : "paths of our own headers start at the repository root";
  const bool all = Contains(rule.folders, "*");
  if (const auto generated = NameOf(rules.generated, header)) {
    return all || Contains(rule.folders, *generated) ? "" : place + " may not include " + *generated;
  }
  if (const auto library = NameOf(rules.libraries, header)) {
    if (!include.angled) return "headers of others are included with angle brackets";
    return Contains(rule.libraries, *library) ? "" : place + " may not use " + *library;
  }
  const auto* target = LongestPlace(rules.layers, header);
  if (target == nullptr) return "no library and no folder of layers.txt has " + TopFolder(header);
  if (include.angled) return "our own headers are included with quotes";
  const bool allowed = all || IsBelow(header, place) ||
                       std::any_of(rule.folders.begin(), rule.folders.end(),
                                   [&](const std::string& folder) { return IsBelow(header, folder); });
  return allowed ? "" : place + " may not include " + target->first;
}

}  // namespace

LayerRules ParseLayerRules(std::string_view table) {
  LayerRules rules;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind;
    std::string name;
    if (!(words >> kind)) continue;
    words >> name;
    const bool named_place = kind == "layer" || kind == "deny";
    if (named_place && !name.empty() && name.back() == ':') {
      name.pop_back();
    } else if (named_place) {
      name.clear();
    }
    std::vector<std::string> rest;
    for (std::string word; words >> word;) rest.push_back(word);
    const auto bar = std::find(rest.begin(), rest.end(), "|");
    if (name.empty() || rest.empty() || (kind == "layer") != (bar != rest.end())) {
      rules.errors.push_back(line);
    } else if (kind == "library") {
      rules.libraries[name] = rest;
    } else if (kind == "generated") {
      rules.generated[name] = rest;
    } else if (kind == "deny") {
      rules.denied[name].insert(rules.denied[name].end(), rest.begin(), rest.end());
    } else if (kind == "layer") {
      rules.layers[name] = {{rest.begin(), bar}, {bar + 1, rest.end()}};
    } else {
      rules.errors.push_back(line);
    }
  }
  for (const auto& [place, rule] : rules.layers) {
    for (const std::string& library : rule.libraries) {
      if (!rules.libraries.count(library)) rules.errors.push_back(place + ": unknown library " + library);
    }
    for (const std::string& folder : rule.folders) {
      if (folder != "*" && !rules.generated.count(folder) && !IsKnown(rules, folder)) {
        rules.errors.push_back(place + ": unknown folder " + folder);
      }
    }
  }
  return rules;
}

std::vector<std::string> FindCircle(const LayerRules& rules) {
  std::map<std::string, std::vector<std::string>> arrows;
  for (const auto& [place, rule] : rules.layers) {
    for (const auto& [target, unused] : rules.layers) {
      if (IsBelow(place, target) || IsBelow(target, place)) continue;
      if (std::any_of(rule.folders.begin(), rule.folders.end(),
                      [&, &target = target](const std::string& folder) { return IsBelow(target, folder); })) {
        arrows[place].push_back(target);
      }
    }
  }
  std::set<std::string> done;
  std::vector<std::string> path;
  const std::function<bool(const std::string&)> leads_back = [&](const std::string& place) {
    const auto seen = std::find(path.begin(), path.end(), place);
    if (seen != path.end()) {
      path.erase(path.begin(), seen);
      return true;
    }
    if (!done.insert(place).second) return false;
    path.push_back(place);
    for (const std::string& target : arrows[place]) {
      if (leads_back(target)) return true;
    }
    path.pop_back();
    return false;
  };
  for (const auto& [place, rule] : rules.layers) {
    if (leads_back(place)) return path;
  }
  return {};
}

std::vector<IncludeViolation> CheckIncludes(const LayerRules& rules, std::string_view path, std::string_view content) {
  std::vector<IncludeViolation> violations;
  const auto* layer = LongestPlace(rules.layers, path);
  std::istringstream lines{std::string(content)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto include = ParseInclude(line);
    if (!include) continue;
    std::string reason = layer == nullptr ? "layers.txt has no layer for this file"
                                          : Objection(rules, layer->first, layer->second, *include);
    for (const auto& [place, headers] : rules.denied) {
      if (reason.empty() && IsBelow(path, place) && MatchesAny(include->header, headers))
        reason = place + " must do without it";
    }
    if (!reason.empty()) violations.push_back({number, include->header, reason});
  }
  return violations;
}

}  // namespace tremorcast
