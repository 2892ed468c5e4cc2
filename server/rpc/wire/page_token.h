#pragma once

// Page tokens: opaque to clients. A token holds where the next page starts and a digest of the
// query it belongs to, so that a token used with other filters is refused instead of giving a page
// of something else. It is no secret and no permission. Pure; thread safe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast::rpc {

// `query` holds the request's filters in any fixed form.
std::string MakePageToken(absl::string_view query, absl::string_view cursor);
// The cursor; "" for an empty token (first page). InvalidArgument: malformed, or made for another
// query.
absl::StatusOr<std::string> ParsePageToken(absl::string_view query, absl::string_view token);

// 0 means `standard`; above `most` is cut to it (AIP-158). InvalidArgument below 0.
absl::StatusOr<int> PageSize(int32_t requested, int standard, int most);

// What fits on a page: at most `size` elements, and no more than clients take by default (4 MiB in
// gRPC), for a polygon may have thousands of points and an event half a kilobyte of texts. AIP-158
// lets a page be shorter than was asked for; one element fits always.
class PageRoom {
 public:
  explicit PageRoom(int size) : size_(size) {}
  // Moves `element` onto the page; false, and nothing happens, where it does not fit any more.
  template <typename Element, typename List>
  bool Add(Element element, List* page) {
    const size_t bytes = element.ByteSizeLong();
    if (taken_ == size_ || (taken_ > 0 && bytes_ + bytes > kMostBytes)) return false;
    ++taken_;
    bytes_ += bytes;
    *page->Add() = std::move(element);
    return true;
  }
  int taken() const { return taken_; }

 private:
  static constexpr size_t kMostBytes = 3 << 20;  // tokens and what else stands beside the list need room too
  const int size_;
  int taken_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tremorcast::rpc
