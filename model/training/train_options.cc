#include <algorithm>
#include <cmath>
#include <string>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <nlohmann/json.hpp>

#include "model/training/training.h"

namespace tremorcast {

absl::string_view SamplingName(Sampling sampling) {
  switch (sampling) {
    case Sampling::kInstance:
      return "instance";
    case Sampling::kSquareRoot:
      return "sqrt";
    case Sampling::kClassBalanced:
      return "class-balanced";
    case Sampling::kProgressive:
      return "progressive";
  }
  return "?";
}

absl::StatusOr<Sampling> ParseSampling(absl::string_view name) {
  for (Sampling s : {Sampling::kInstance, Sampling::kSquareRoot, Sampling::kClassBalanced, Sampling::kProgressive}) {
    if (name == SamplingName(s)) return s;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("sampling is '", name, "'; it must be instance, sqrt, class-balanced or progressive"));
}

absl::string_view ScheduleName(Schedule schedule) {
  switch (schedule) {
    case Schedule::kCosine:
      return "cosine";
    case Schedule::kWarmRestarts:
      return "warm-restarts";
  }
  return "?";
}

absl::StatusOr<Schedule> ParseSchedule(absl::string_view name) {
  for (Schedule s : {Schedule::kCosine, Schedule::kWarmRestarts}) {
    if (name == ScheduleName(s)) return s;
  }
  return absl::InvalidArgumentError(absl::StrCat("schedule is '", name, "'; it must be cosine or warm-restarts"));
}

Treatment TrainOptions::LastLayer() const {
  const bool nothing_to_normalise = tau_grid.empty() || stage2_loss == LossKind::kLdam;
  return last_layer == Treatment::kTauNormalised && nothing_to_normalise ? Treatment::kRetrained : last_layer;
}

absl::Status TrainOptions::Validate() const {
  const auto refuse = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("training: ", what));
  };
  if (batch_size < 2) return refuse("batch size below 2");
  if (max_epochs < 0 || patience < 1) return refuse("epochs must not be negative, and patience must be positive");
  if (patience_steps < 0 || min_steps < 0 || restart_epochs < 0) return refuse("steps must not be negative");
  if (!(learning_rate > 0) || !(min_improvement >= 0))
    return refuse("learning rate must be positive, the improvement not negative");
  if (heads < 1 || heads > 64) return refuse("heads outside 1..64");
  if (!(station_dropout >= 0 && station_dropout < 1)) return refuse("station dropout outside [0, 1)");
  if (max_stations_per_draw < 0 || threads < 0 || threads > 1024 || min_event_samples < 0 || window_cache_bytes < 0) {
    return refuse("a limit is out of range");
  }
  if (std::any_of(tau_grid.begin(), tau_grid.end(), [](double tau) { return !std::isfinite(tau); }))
    return refuse("tau is not finite");
  if (stage2_loss == LossKind::kLdam && last_layer == Treatment::kNearestMean)
    return refuse("ldam-drw and NCM are two last layers");
  if (device != "auto" && device != "cpu" && device != "cuda") return refuse("device must be auto, cpu or cuda");
  return absl::OkStatus();
}

std::string TrainOptions::ToJson() const {
  const TrainOptions usual;
  nlohmann::json j = {{"seed", seed},
                      {"batch_size", batch_size},
                      {"max_epochs", max_epochs},
                      {"patience", patience},
                      {"min_improvement", min_improvement},
                      {"learning_rate", learning_rate},
                      {"heads", heads},
                      {"stage2_sampling", std::string(SamplingName(stage2_sampling))},
                      {"tau_grid", tau_grid},
                      {"station_dropout", station_dropout},
                      {"max_stations_per_draw", max_stations_per_draw},
                      {"min_event_samples", min_event_samples},
                      {"threads", threads},
                      {"device", device}};
  if (schedule == Schedule::kCosine) {
    j["cosine_epochs"] = max_epochs;
  } else {
    j["schedule"] = std::string(ScheduleName(schedule));
    j["restart_epochs"] = restart_epochs;
  }
  if (patience_steps != usual.patience_steps) j["patience_steps"] = patience_steps;
  if (min_steps != usual.min_steps) j["min_steps"] = min_steps;
  if (stage2_loss != LossKind::kCrossEntropy) j["stage2_loss"] = std::string(LossName(stage2_loss));
  if (augmentation != Augmentation::kNone) j["augmentation"] = std::string(AugmentationName(augmentation));
  if (last_layer != Treatment::kTauNormalised) j["last_layer"] = std::string(TreatmentName(last_layer));
  return j.dump();
}

}  // namespace tremorcast
