#pragma once

// What the readers of XML share: elements by their local name, because namespaces are prefixed as
// every writer likes, and lines for reports. pugixml reads no external entities and expands none of
// its own, so a document cannot grow. Thread safe.

#include <cstddef>
#include <pugixml.hpp>
#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

// InvalidArgument names the line at which the text stops to be XML.
absl::Status LoadXml(absl::string_view text, pugi::xml_document& document);

// "q:quakeml" -> "quakeml".
absl::string_view LocalName(const pugi::xml_node& node);
// The first child of this local name, or an empty node.
pugi::xml_node Child(const pugi::xml_node& node, absl::string_view name);
// The text at the end of a path of local names, "origin/time/value"; "" where it is not there.
std::string TextAt(pugi::xml_node node, absl::string_view path);

// Lines of places that are asked for in rising order.
class LineCounter {
 public:
  explicit LineCounter(absl::string_view text) : text_(text) {}
  int64_t LineOf(const pugi::xml_node& node);

 private:
  const absl::string_view text_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

}  // namespace tremorcast
