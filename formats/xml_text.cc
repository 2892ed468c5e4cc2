#include "formats/xml_text.h"

#include <algorithm>
#include <cstdint>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

namespace tremorcast {
namespace {

int64_t LineAt(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  return 1 + std::count(before.begin(), before.end(), '\n');
}

}  // namespace

absl::Status LoadXml(absl::string_view text, pugi::xml_document& document) {
  const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size());
  if (result) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("line ", LineAt(text, static_cast<size_t>(result.offset)),
                                                 ": no XML from here on: ", result.description()));
}

absl::string_view LocalName(const pugi::xml_node& node) {
  absl::string_view name = node.name();
  return name.substr(name.find(':') == absl::string_view::npos ? 0 : name.find(':') + 1);
}

pugi::xml_node Child(const pugi::xml_node& node, absl::string_view name) {
  for (const pugi::xml_node& child : node.children()) {
    if (LocalName(child) == name) return child;
  }
  return {};
}

std::string TextAt(pugi::xml_node node, absl::string_view path) {
  for (absl::string_view name : absl::StrSplit(path, '/')) node = Child(node, name);
  return std::string(absl::StripAsciiWhitespace(node.text().get()));
}

int64_t LineCounter::LineOf(const pugi::xml_node& node) {
  const size_t end = std::min(text_.size(), static_cast<size_t>(std::max<ptrdiff_t>(0, node.offset_debug())));
  if (end > at_) {
    line_ += std::count(text_.begin() + static_cast<ptrdiff_t>(at_), text_.begin() + static_cast<ptrdiff_t>(end), '\n');
    at_ = end;
  }
  return line_;
}

}  // namespace tremorcast
