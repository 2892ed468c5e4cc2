#pragma once

// The include rules of layers.txt: who may include whom. Pure functions over text, so that the
// rules themselves can be tested.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tremorcast {

struct LayerRule {
  std::vector<std::string> folders;    // of this repository, or names of generated code; "*" is all
  std::vector<std::string> libraries;  // names of third-party libraries
};

struct LayerRules {
  std::map<std::string, std::vector<std::string>> libraries;  // name -> headers; one ending in '/' is a prefix
  std::map<std::string, std::vector<std::string>> generated;  // as libraries, for headers that the build makes
  std::map<std::string, LayerRule> layers;                    // place -> what it may include
  std::map<std::string, std::vector<std::string>> denied;     // place -> headers

  std::vector<std::string> errors;  // lines of the table that could not be read
};

LayerRules ParseLayerRules(std::string_view table);

// Places of which each may include the next and the last the first; empty where there is no such
// circle. A folder and the folders below it count as one house, and "*" (the composition roots) as
// no arrow.
std::vector<std::string> FindCircle(const LayerRules& rules);

struct IncludeViolation {
  int line = 0;
  std::string header;
  std::string reason;
};

// Checks each #include of one file. `path` is relative to the repository root, with '/' between its
// parts.
std::vector<IncludeViolation> CheckIncludes(const LayerRules& rules, std::string_view path, std::string_view content);

}  // namespace tremorcast
