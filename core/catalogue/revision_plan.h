#pragma once

// What an import makes of the events that are stored: which become a next revision and which stay. Pure;
// use by one thread.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "core/catalogue/event.h"

namespace tremorcast {

struct ImportCounts {
  int64_t inserted = 0, revised = 0, unchanged = 0;
  int64_t outdated = 0;   // the catalogue itself says that what is stored is newer
  int64_t withdrawn = 0;  // stood until now
};

class RevisionPlan {
 public:
  // `newest`: the newest revision of every stored event that the import names, by (source, id). Times
  // are as the store keeps them.
  RevisionPlan(std::map<std::pair<std::string, std::string>, SeismicEvent> newest, absl::Time recorded_at)
      : newest_(std::move(newest)), recorded_at_(recorded_at) {}
  // An event that differs from its newest revision becomes the next one, unless both say when their
  // catalogue updated them and the stored one is newer.
  void Add(SeismicEvent event);
  // The event becomes a deleted one, by the same rule. One that is not stored, or not any more, stays so.
  void Withdraw(const EventWithdrawal& withdrawal);

  const ImportCounts& counts() const { return counts_; }
  const std::vector<SeismicEvent>& added() const { return added_; }  // in order

 private:
  std::map<std::pair<std::string, std::string>, SeismicEvent> newest_;
  const absl::Time recorded_at_;
  ImportCounts counts_;
  std::vector<SeismicEvent> added_;
};

}  // namespace tremorcast
