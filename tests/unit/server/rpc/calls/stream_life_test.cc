#include "server/rpc/calls/stream_life.h"

#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

TEST(StreamLifeTest, ServesUntilTheGoodbyeAndSendsUntilItBreaks) {
  StreamLife life;
  EXPECT_TRUE(life.serving());
  life.Advance(StreamPhase::kEnding);
  EXPECT_TRUE(life.serving());
  life.Advance(StreamPhase::kSaidGoodbye);
  EXPECT_FALSE(life.serving());
  EXPECT_TRUE(life.sending());
  life.Advance(StreamPhase::kBroken);
  EXPECT_FALSE(life.sending());
}

TEST(StreamLifeTest, KeepsTheFirstErrorAndNeverGoesBack) {
  StreamLife life;
  life.Fail(absl::OkStatus());
  EXPECT_EQ(life.phase(), StreamPhase::kOpen);
  life.Fail(absl::UnavailableError("first"));
  life.Fail(absl::UnauthenticatedError("second"));
  life.Advance(StreamPhase::kEnding);
  EXPECT_EQ(life.phase(), StreamPhase::kFailed);
  EXPECT_EQ(life.error(), absl::UnavailableError("first"));
}

TEST(StreamLifeTest, ABrokenStreamEndsCancelledWhateverWentWrongBefore) {
  StreamLife life;
  life.Fail(absl::UnavailableError("the store is away"));
  life.Advance(StreamPhase::kBroken);
  life.Fail(absl::UnauthenticatedError("too late"));
  EXPECT_EQ(life.Finish(nullptr).error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(life.phase(), StreamPhase::kFinished);
}

}  // namespace
}  // namespace tremorcast::rpc
