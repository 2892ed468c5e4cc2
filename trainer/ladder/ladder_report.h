#pragma once

// The catalogue model's evaluation as text and as JSON. Pure; thread safe.

#include <string>
#include <vector>

#include "core/ladder/ladder_trial.h"
#include "trainer/ladder/ladder_placebos.h"

namespace tremorcast {

struct LadderReport {
  std::string source;  // the catalogue's file
  LadderTrialOptions options;
  int events = 0, bad_lines = 0;
  LadderTrial trial;
  std::vector<LadderPlacebo> placebos;
  CatalogueRung shown;                       // whose background the page draws: the last fit
  std::string data_hash, plan_hash, sha256;  // of a run that published a model; else empty
  std::string command, git_revision;
  absl::Time created_at;
};

std::string LadderReportToText(const LadderReport& report);
std::string LadderReportToJson(const LadderReport& report);

}  // namespace tremorcast
