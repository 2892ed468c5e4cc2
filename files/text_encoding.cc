#include "files/text_encoding.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iconv.h>
#include <memory>
#include <type_traits>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "core/base/utf8_text.h"

namespace tremorcast {
namespace {

struct CloseConverter {
  void operator()(iconv_t converter) const { iconv_close(converter); }
};

// The whole text out of `encoding`; false where it is none of it.
bool Convert(const char* encoding, const std::string& text, std::string& converted) {
  const iconv_t opened = iconv_open("UTF-8", encoding);
  if (reinterpret_cast<intptr_t>(opened) == -1) return false;
  const std::unique_ptr<std::remove_pointer_t<iconv_t>, CloseConverter> converter(opened);
  // What takes one byte there takes one in UTF-8, and what takes two or four at most four; iconv says
  // so where that is wrong.
  converted.assign(text.size() * 2, '\0');
  char* in = const_cast<char*>(text.data());  // iconv's signature; it does not write there
  char* out = converted.data();
  size_t in_left = text.size(), out_left = converted.size();
  if (iconv(converter.get(), &in, &in_left, &out, &out_left) == static_cast<size_t>(-1) || in_left > 0) return false;
  converted.resize(converted.size() - out_left);
  return IsUtf8(converted);
}

int64_t FirstLineNotUtf8(absl::string_view text) {
  for (int64_t line = 1;; ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (!IsUtf8(text.substr(0, end)) || end == text.size()) return line;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

absl::StatusOr<std::string> ToUtf8Lines(std::string text) {
  const bool utf16 = absl::StartsWith(text, "\xFF\xFE") || absl::StartsWith(text, "\xFE\xFF");
  if (utf16 || !IsUtf8(text)) {
    std::string converted;
    if (!Convert(utf16 ? "UTF-16" : "GB18030", text, converted)) {
      return absl::InvalidArgumentError(absl::StrCat("line ", FirstLineNotUtf8(text), ": neither UTF-8 nor ",
                                                     utf16 ? "UTF-16" : "GB18030 (GBK)", "; convert it with iconv"));
    }
    text = std::move(converted);
  }
  if (!absl::StrContains(text, '\n')) std::replace(text.begin(), text.end(), '\r', '\n');
  return text;
}

}  // namespace tremorcast
