#pragma once

// What an evaluation found, ready to be printed, stored or drawn. Plain values: every number a
// reader sees is here, the writers (report_text.h, report_html.h) only lay them out.
//
// Probabilities are [0, 1], gains nats per row (a row is a region-week, or a sample of a set
// without time), times UTC.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "core/verification/confusion.h"
#include "core/verification/molchan.h"
#include "core/verification/reliability.h"
#include "core/verification/roc.h"
#include "core/verification/scores.h"

namespace tremorcast {

// Mean and standard deviation (n - 1) over seeds.
struct OverSeeds {
  double mean = 0;
  double sd = 0;  // 0 with one seed
  int seeds = 0;
};

// Every average by name; the names are those of ClassificationMetrics ("accuracy", "macro_recall",
// ...).
using NamedMetrics = std::vector<std::pair<std::string, OverSeeds>>;

// As printed in the paper, which does not say which averages they are.
struct PaperFigures {
  double accuracy = 0, recall = 0, f1 = 0;
};

struct MethodRow {
  // "II", "III", "IV", "long tail", "reference", "station mode", "daily issues" or both of these.
  std::string table;
  std::string name;
  int64_t parameters = 0;             // 0 where there are none
  std::optional<PaperFigures> paper;  // of the same row of the paper
  NamedMetrics balanced;              // argmax before prior and pool; empty where a method has only one answer
  NamedMetrics calibrated;            // argmax of what would be issued
  OverSeeds log_score, brier, rps;    // of what would be issued; rps divided by K - 1
  OverSeeds gain;                     // over climatology; each seed by itself
  // Of the probabilities averaged over the seeds, with a block bootstrap over weeks.
  std::optional<MeanInterval> gain_interval;
  std::optional<MeanInterval> gain_over_catalogue;  // over the catalogue-only model
  // Of the method before the pool, over climatology: what a pool weight of 0 hides. Absent for
  // references.
  std::optional<MeanInterval> gain_before_pool;
  OverSeeds pool_weight;
  OverSeeds seconds;    // of training
  bool chosen = false;  // by the early-stop slice, among rows of one table
};

enum class PlaceboOutcome : int8_t {
  kClean,          // no skill where there must be none
  kSuspicious,     // a gain whose interval lies above 0 where there must be none
  kShowsLeak,      // the random split scores above the blocked one, as a leak does
  kInformative,    // a number to read, no verdict
  kNotApplicable,  // with the reason in `comment`
};

// A run that must not show skill, or shows what a mistake would have looked like (METHOD.md section
// 5).
struct PlaceboRow {
  int number = 0;        // 1..8, the order of METHOD.md
  std::string name;      // "presence mask only"
  std::string question;  // what it asks, one sentence
  PlaceboOutcome outcome = PlaceboOutcome::kNotApplicable;
  int runs = 0;
  NamedMetrics metrics;              // over seeds or shifts
  std::optional<MeanInterval> gain;  // over climatology, of the averaged probabilities of the runs; before the pool
  std::optional<MeanInterval> gain_over_twin;  // of the same over the mean of the runs' input-free twins
  // Of the real run over the averaged probabilities of the placebo, both before the pool: placebo 8.
  std::optional<MeanInterval> model_gain;
  std::optional<double> level;     // of the intervals of its own gains
  std::optional<double> area_roc;  // of P(class >= 1)
  std::optional<double> p_value;   // circular shifts
  std::string comment;
};

// One trained model as it would answer, and what the gate says of it. With rolling origins, the
// models of one seed, each in its own test period.
struct ArtifactVerdict {
  int64_t seed = 0;
  double pool_weight = 0;  // mean over origins
  std::optional<MeanInterval> gain_over_climatology, gain_over_twin, gain_over_catalogue;
  bool demonstrated_skill = false;
  std::string sentence;
  std::optional<MeanInterval> gain_over_catalogue_rung = {};  // only where that stands below the network
};

struct ReportCurve {
  std::string name;                                 // "stage 1", "fused head 1"
  std::vector<double> train_loss, validation_loss;  // by epoch, from 1
  int best_epoch = 0;                               // from 1; its weights were kept
};

// One slice of the data.
struct SliceFacts {
  std::string name;  // "train", "early stop", "calibration", "test"
  int rows = 0;
  int issues = 0;
  std::optional<absl::Time> first, last;  // issues; absent for sets without time
  std::vector<int64_t> class_counts;
  double missing_fraction = 0;  // of the values of the windows, padding left out, [0, 1]
};

// The gain of the proposed row by region or by observed class. `adjusted_p` is one-sided and
// Holm-adjusted within its table.
struct GainPart {
  std::string name;
  int rows = 0;
  int event_rows = 0;
  double gain = 0;
  std::optional<MeanInterval> interval;
  std::optional<double> adjusted_p;
  std::string comment;  // "fewer than 10 event weeks: no claim"
};

struct EventDiagrams {
  Reliability before;  // balanced answer of the neural network
  Reliability after;   // what would be issued
  RocCurve roc;
  MolchanDiagram molchan;
  double base_rate = 0;  // observed share of class >= 1 in the test slice
};

// A secondary score of the proposed row's P(class >= 1), for readers who know it: never selected
// on.
struct NamedScore {
  std::string name;  // "Peirce score", "N-test P(>= observed)"
  double value = 0;
  std::string comment;  // "alarm where the forecast is at least twice climatology"
};

// A further experiment that a flag asked for (leave one region out, shorter horizon, feature
// groups, station dropout, learning curve): one line per setting.
struct VariantRow {
  std::string experiment;  // "leave one region out"
  std::string setting;     // "area-3 left out of training, tested on it"
  int test_rows = 0;
  NamedMetrics metrics;
  std::optional<MeanInterval> gain;  // over climatology, before the pool
  double pool_weight = 0;
};

struct EvaluationReport {
  std::string title;                       // "AETAAreaWeek"
  std::string verdict;                     // one plain sentence, first thing a reader sees
  bool demonstrated_skill = false;         // of every artifact
  std::vector<ArtifactVerdict> artifacts;  // by seed; empty without time order
  bool ordered_in_time = false;
  bool simulated = false;

  std::string command;       // as typed
  std::string git_revision;  // of the program
  std::string runtime;       // libraries and threads
  std::string data_source, data_hash, plan_hash;
  absl::Time created_at;
  absl::Duration took;
  int seeds = 0;
  int64_t first_seed = 0;

  std::vector<std::string> class_names;  // "none or M < 3.5", ...
  std::vector<std::string> regions;
  std::vector<SliceFacts> slices;
  int channels = 0, steps = 0;

  std::vector<MethodRow> rows;
  std::string proposed;  // name of the row in table IV that the verdict is about
  std::vector<PlaceboRow> placebos;
  std::vector<ReportCurve> curves;                    // first seed
  std::optional<ConfusionMatrix> balanced_confusion;  // of the proposed row, first seed
  std::optional<ConfusionMatrix> calibrated_confusion;
  std::optional<EventDiagrams> event_diagrams;  // of averaged probabilities; absent without both outcomes
  std::vector<GainPart> by_region, by_class;
  std::vector<NamedScore> event_scores;
  std::optional<double> shift_p_value;    // circular-shift null of the proposed row
  std::optional<double> detectable_gain;  // found with 80 % probability, nats
  std::vector<VariantRow> variants;
  // What else a reader must know: published figures of others, why a row is missing, caveats. One
  // sentence each.
  std::vector<std::string> published, caveats;
};

}  // namespace tremorcast
