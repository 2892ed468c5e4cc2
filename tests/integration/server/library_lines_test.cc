#include "server/library_lines.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

// A log whose reader is slow: the process ends before its queue.
void Say(void (*last_words)() noexcept) {
  grpc_init();  // without which gRPC says nothing
  const Log log(LogLevel::kInfo, [](LogLevel, const std::string&) {});
  const LibraryLines lines(log);
  last_words();
}

TEST(LibraryLinesDeathTest, WhatALibrarySaysBeforeItEndsTheProcessIsOnStandardError) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Say([]() noexcept { GPR_ASSERT(1 == 2); }), "gRPC: assertion failed: 1 == 2");
  EXPECT_DEATH(Say([]() noexcept { GOOGLE_LOG(FATAL) << "no way on"; }), "libprotobuf: no way on");
}

}  // namespace
}  // namespace tremorcast
