#include "server/jobs/skill_view.h"

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(SkillViewTest, EachScopeOfAWorldMustShowAsManyTimesTheEvidenceAsThereAreScopes) {
  SkillView view;
  view.scopes.resize(4);
  view.scopes[3].scope.simulated = true;
  EXPECT_EQ(view.PolicyFor(view.scopes[0].scope).evidence_threshold, 3 * kEvidenceThreshold);
  EXPECT_EQ(view.PolicyFor(view.scopes[3].scope).evidence_threshold, kEvidenceThreshold);
  view.policy.min_weeks = 99;
  EXPECT_EQ(view.PolicyFor(view.scopes[0].scope).min_weeks, 99);
}

}  // namespace
}  // namespace tremorcast
