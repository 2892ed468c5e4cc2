#include "model/training/training_course.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// `improved` marks the epochs that were better than all before them.
void Append(int stage, int head, const std::string& improved, std::vector<TrainingProgress>& history) {
  for (size_t i = 0; i < improved.size(); ++i) {
    TrainingProgress p;
    p.stage = stage;
    p.head = head;
    p.epoch = static_cast<int>(i) + 1;
    p.max_epochs = 9;
    p.improved = improved[i] == '+';
    p.steps = 3 * p.epoch;
    history.push_back(p);
  }
}

std::vector<std::string> WarningsOf(const std::vector<TrainingProgress>& history) {
  return CourseWarnings(CoursesOf(history));
}

TEST(TrainingCourseTest, TellsNetworksApart) {
  std::vector<TrainingProgress> history;
  Append(1, 0, "++-+-", history);
  Append(2, 0, "+--", history);
  Append(2, 1, "++", history);
  Append(2, 1, "+", history);  // the same head of another seed
  const std::vector<TrainingCourse> courses = CoursesOf(history);
  ASSERT_EQ(courses.size(), 4u);
  EXPECT_EQ(courses[0].best_epoch, 4);
  EXPECT_EQ(courses[0].epochs, 5);
  EXPECT_EQ(courses[0].steps, 15);
  EXPECT_EQ(courses[0].max_epochs, 9);
  EXPECT_TRUE(courses[1].learnt_nothing());
  EXPECT_FALSE(courses[1].cut_off());
  EXPECT_TRUE(courses[2].cut_off());
  EXPECT_TRUE(courses[3].cut_off());
  EXPECT_FALSE(courses[3].learnt_nothing());  // one epoch says nothing about the next
}

TEST(TrainingCourseTest, ABestEpochInTheMiddleIsNoReasonToWarn) {
  std::vector<TrainingProgress> history;
  Append(1, 0, "++-+-", history);
  Append(2, 0, "+++---", history);
  EXPECT_THAT(WarningsOf(history), IsEmpty());
  EXPECT_THAT(WarningsOf({}), IsEmpty());
}

TEST(TrainingCourseTest, CountsFirstAndLastEpochsByStage) {
  std::vector<TrainingProgress> history;
  Append(1, 0, "+----", history);
  Append(2, 0, "++-", history);
  Append(2, 1, "+++", history);
  Append(2, 2, "+-+", history);
  Append(2, 3, "+--", history);
  EXPECT_THAT(WarningsOf(history), ElementsAre(HasSubstr("stage 1: the first epoch was the best in the only training"),
                                               HasSubstr("stage 2: the first epoch was the best in 1 of 4 trainings"),
                                               HasSubstr("stage 2: the last epoch was the best in 2 of 4 trainings")));
}

TEST(TrainingCourseTest, AnEpochWithoutAFiniteLossIsNotTheBest) {
  std::vector<TrainingProgress> history;
  Append(1, 0, "---", history);
  EXPECT_EQ(CoursesOf(history)[0].best_epoch, 0);
  EXPECT_THAT(WarningsOf(history), IsEmpty());
}

}  // namespace
}  // namespace tremorcast
