#include "model/training/training_course.h"

#include <algorithm>
#include <map>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

std::string StageName(int stage) {
  switch (stage) {
    case 1:
      return "stage 1";
    case 2:
      return "stage 2";
    default:
      return "networks without stages";
  }
}

std::string Count(int64_t some, size_t all) {
  if (all == 1) return "the only training";
  return absl::StrCat(some, " of ", all, " trainings");
}

}  // namespace

std::vector<TrainingCourse> CoursesOf(absl::Span<const TrainingProgress> history) {
  std::vector<TrainingCourse> courses;
  for (const TrainingProgress& epoch : history) {
    // Epochs of one network count up; another seed of the same head begins at 1 again.
    if (courses.empty() || courses.back().stage != epoch.stage || courses.back().head != epoch.head ||
        epoch.epoch <= courses.back().epochs) {
      courses.emplace_back();
    }
    TrainingCourse& course = courses.back();
    course.stage = epoch.stage;
    course.head = epoch.head;
    course.epochs = epoch.epoch;
    course.max_epochs = epoch.max_epochs;
    course.steps = epoch.steps;
    if (epoch.improved) course.best_epoch = epoch.epoch;
  }
  return courses;
}

std::vector<std::string> CourseWarnings(absl::Span<const TrainingCourse> courses) {
  std::map<int, std::vector<TrainingCourse>> stages;
  for (const TrainingCourse& course : courses) stages[course.stage].push_back(course);
  std::vector<std::string> warnings;
  for (const auto& [stage, own] : stages) {
    const auto first =
        std::count_if(own.begin(), own.end(), [](const TrainingCourse& c) { return c.learnt_nothing(); });
    const auto last = std::count_if(own.begin(), own.end(), [](const TrainingCourse& c) { return c.cut_off(); });
    if (first > 0) {
      warnings.push_back(absl::StrCat(StageName(stage), ": the first epoch was the best in ", Count(first, own.size()),
                                      ", so nothing that came after it was confirmed by the early-stop slice"));
    }
    if (last > 0) {
      warnings.push_back(absl::StrCat(StageName(stage), ": the last epoch was the best in ", Count(last, own.size()),
                                      ", so more epochs (--epochs) might have been better still"));
    }
  }
  return warnings;
}

}  // namespace tremorcast
