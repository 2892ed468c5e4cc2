#include "server/telemetry/log_repeats.h"

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr size_t kKindBytes = 120;

std::string KindOf(int level, absl::string_view message) {
  std::string kind = absl::StrCat(level, " ");
  for (const char c : message.substr(0, kKindBytes)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) kind.push_back(c);
  }
  return kind;
}

}  // namespace

bool LogRepeats::Offer(int level, absl::string_view message, absl::Time now) {
  std::string name = KindOf(level, message);
  // The last place is everybody's who finds no other.
  if (kinds_.size() + 1 >= kKinds && kinds_.count(name) == 0) name.clear();
  const auto [at, added] = kinds_.try_emplace(std::move(name));
  Kind& kind = at->second;
  if (added) {
    kind.until = now + kWindow;
    next_ = std::min(next_, kind.until);
  }
  if (++kind.seen <= kShown) return true;
  kind.left_out.level = std::max(kind.left_out.level, level);
  kind.left_out.example = std::string(message.substr(0, 500));
  ++kind.left_out.count;
  return false;
}

std::vector<LogRepeats::Summary> LogRepeats::TakeDue(absl::Time now) {
  std::vector<Summary> due;
  if (now < next_) return due;
  next_ = absl::InfiniteFuture();
  for (auto it = kinds_.begin(); it != kinds_.end();) {
    if (it->second.until > now) {
      next_ = std::min(next_, it->second.until);
      ++it;
      continue;
    }
    if (it->second.left_out.count > 0) due.push_back(std::move(it->second.left_out));
    it = kinds_.erase(it);
  }
  return due;
}

}  // namespace tremorcast
