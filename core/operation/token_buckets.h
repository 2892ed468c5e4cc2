#pragma once

// How often each of many clients may do something: so many times at once, then so many a second. A
// client's bucket is full of tokens at first; whatever it does takes one, and time brings them back.
//
// Buckets that are full again are forgotten, for a client that comes anew has a full one anyhow. So
// many are kept at most: beyond that, newcomers share one bucket, and clients without end cost no
// memory. Pure; one thread at a time. Times that go back count as no time.

#include <cstddef>
#include <limits>
#include <map>
#include <string>

#include <absl/time/time.h>

namespace tremorcast {

class TokenBuckets {
 public:
  struct Options {
    double at_once = 1;  // at least 1
    double per_second = 1;
    size_t most_clients = std::numeric_limits<size_t>::max();
  };
  explicit TokenBuckets(Options options) : options_(options) {}

  // Takes a token of the client's and returns zero; or takes none, and returns how long it takes
  // until there is one.
  absl::Duration Take(const std::string& client, absl::Time now);
  // It begins anew.
  void Forget(const std::string& client) { buckets_.erase(client); }
  // What is kept.
  size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    absl::Time at;
  };
  double TokensOf(const Bucket& bucket, absl::Time now) const;
  // Forgets the full ones; looks through them once a second at most.
  void ForgetFull(absl::Time now);
  Bucket& BucketOf(const std::string& client, absl::Time now);

  const Options options_;
  std::map<std::string, Bucket> buckets_;
  Bucket of_others_{-1, absl::InfinitePast()};  // made when it is first needed
  absl::Time looked_at_ = absl::InfinitePast();
};

}  // namespace tremorcast
