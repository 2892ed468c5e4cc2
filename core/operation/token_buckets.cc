#include "core/operation/token_buckets.h"

#include <algorithm>
#include <iterator>

namespace tremorcast {
namespace {

// Fewer are not worth a look.
constexpr size_t kKeptWithoutLooking = 1000;
constexpr absl::Duration kLookEvery = absl::Seconds(1);

}  // namespace

double TokenBuckets::TokensOf(const Bucket& bucket, absl::Time now) const {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - bucket.at));
  return std::min(options_.at_once, bucket.tokens + seconds * options_.per_second);
}

void TokenBuckets::ForgetFull(absl::Time now) {
  if (now - looked_at_ < kLookEvery && now >= looked_at_) return;
  looked_at_ = now;
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    it = TokensOf(it->second, now) >= options_.at_once ? buckets_.erase(it) : std::next(it);
  }
}

TokenBuckets::Bucket& TokenBuckets::BucketOf(const std::string& client, absl::Time now) {
  const auto known = buckets_.find(client);
  if (known != buckets_.end()) return known->second;
  if (buckets_.size() >= std::min(kKeptWithoutLooking, options_.most_clients)) ForgetFull(now);
  if (buckets_.size() >= options_.most_clients) {
    if (of_others_.at == absl::InfinitePast()) of_others_ = {options_.at_once, now};
    return of_others_;
  }
  return buckets_.emplace(client, Bucket{options_.at_once, now}).first->second;
}

absl::Duration TokenBuckets::Take(const std::string& client, absl::Time now) {
  Bucket& bucket = BucketOf(client, now);
  const double tokens = TokensOf(bucket, now);
  if (tokens < 1) return absl::Seconds((1 - tokens) / options_.per_second);
  bucket = {tokens - 1, now};
  return absl::ZeroDuration();
}

}  // namespace tremorcast
