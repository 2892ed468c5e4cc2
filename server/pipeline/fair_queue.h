#pragma once

// A queue bounded in bytes and shared fairly between keys (stations), so that one that floods
// cannot keep the others out or make them wait. Two rules:
//
// * Room: a key may hold as many bytes as are still free (the dynamic thresholds of Choudhury and Hahne, 1998, with
//   alpha 1). One key alone gets half of the queue, n keys get 1/(n+1) each, and the same is left for the next to come.
//   A key that holds nothing may have all that is free, so that no batch that fits is refused for ever.
// * Turns: Take goes round the keys, one item of each. What a key sent stays in order, and before a key's first item
//   goes at most one item of each other key.
//
// An item taken still holds its bytes until Release. Not thread safe, never blocks.

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace tremorcast {

enum class Room { kYes, kFull, kOverShare };  // kOverShare: there is room, but not for this key

template <typename Item>
class FairQueue {
 public:
  explicit FairQueue(int64_t capacity_bytes) : capacity_(capacity_bytes) {}

  int64_t held_bytes() const { return held_; }
  bool empty() const { return ring_.empty(); }

  Room RoomFor(const std::string& key, int64_t bytes) const {
    const int64_t free = capacity_ - held_;
    if (bytes > free) return Room::kFull;
    const auto at = keys_.find(key);
    const int64_t held = at == keys_.end() ? 0 : at->second.held;
    return held == 0 || held + bytes <= free ? Room::kYes : Room::kOverShare;
  }
  // Only where RoomFor said yes. `bytes` > 0.
  void Push(const std::string& key, int64_t bytes, Item item) {
    Key& of = keys_[key];
    if (of.waiting.empty()) ring_.push_back(key);
    of.waiting.push_back(std::move(item));
    of.held += bytes;
    held_ += bytes;
  }
  // Whose turn it is; null when nothing waits. Valid until the next change.
  const Item* Next() const { return ring_.empty() ? nullptr : &keys_.at(ring_.front()).waiting.front(); }
  // Takes what Next shows; there must be one.
  Item Take() {
    std::string key = std::move(ring_.front());
    ring_.pop_front();
    std::deque<Item>& waiting = keys_.at(key).waiting;
    Item item = std::move(waiting.front());
    waiting.pop_front();
    if (!waiting.empty()) ring_.push_back(std::move(key));
    return item;
  }
  void Release(const std::string& key, int64_t bytes) {
    const auto at = keys_.find(key);
    held_ -= bytes;
    at->second.held -= bytes;
    if (at->second.held == 0) keys_.erase(at);  // bytes are positive, so nothing of it waits either
  }

 private:
  struct Key {
    std::deque<Item> waiting;
    int64_t held = 0;  // waiting or taken
  };
  const int64_t capacity_;
  int64_t held_ = 0;
  std::unordered_map<std::string, Key> keys_;  // those that hold something
  std::deque<std::string> ring_;               // those with something waiting, in the order of their turns
};

}  // namespace tremorcast
