#include "core/base/number_text.h"

#include <cstddef>

#include <absl/strings/str_cat.h>

namespace tremorcast {

std::string Grouped(int64_t number) {
  std::string text = absl::StrCat(number);
  const size_t first_digit = number < 0 ? 1 : 0;
  for (size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace tremorcast
