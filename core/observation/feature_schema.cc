#include "core/observation/feature_schema.h"

#include <array>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/digest.h"

namespace tremorcast {
namespace {

constexpr std::array<absl::string_view, kFeatures> kNames = {
    "magn@var",
    "magn@power",
    "magn@skew",
    "magn@kurt",
    "magn@abs_max",
    "magn@abs_mean",
    "magn@abs_max_top5p",
    "magn@abs_max_top10p",
    "magn@energy_sstd",
    "magn@energy_smax",
    "magn@power_0_5",
    "magn@power_5_10",
    "magn@power_10_15",
    "magn@power_15_20",
    "magn@power_20_25",
    "magn@power_25_30",
    "magn@power_30_35",
    "magn@power_35_40",
    "magn@power_40_60",
    "magn@power_140_160",
    "magn@power_other",
    "magn@frequency_center",
    "magn@mean_square_frequency",
    "magn@variance_frequency",
    "magn@frequency_entropy",
    "magn@level4d_abs_mean",
    "magn@level4d_energy",
    "magn@level4d_energy_smax",
    "magn@level4d_energy_sstd",
    "magn@level5d_abs_mean",
    "magn@level5d_energy",
    "magn@level5d_energy_smax",
    "magn@level5d_energy_sstd",
    "magn@level6a_abs_mean",
    "magn@level6a_energy",
    "magn@level6a_energy_smax",
    "magn@level6a_energy_sstd",
    "magn@level6d_abs_mean",
    "magn@level6d_energy",
    "magn@level6d_energy_smax",
    "magn@level6d_energy_sstd",
    "magn@ulf_abs_mean",
    "magn@ulf_var",
    "magn@ulf_power",
    "magn@ulf_skew",
    "magn@ulf_kurt",
    "magn@ulf_abs_max",
    "magn@ulf_abs_max_top5p",
    "magn@ulf_abs_max_top10p",
    "magn@ulf_energy_sstd",
    "magn@ulf_energy_smax",
    "sound@var",
    "sound@power",
    "sound@skew",
    "sound@kurt",
    "sound@abs_max",
    "sound@abs_mean",
    "sound@abs_max_top5p",
    "sound@abs_max_top10p",
    "sound@energy_sstd",
    "sound@energy_smax",
    "sound@s_zero_rate",
    "sound@s_zero_rate_max",
    "sound@power_0_5",
    "sound@power_5_10",
    "sound@power_10_15",
    "sound@power_15_20",
    "sound@power_20_25",
    "sound@power_25_30",
    "sound@power_30_35",
    "sound@power_35_40",
    "sound@power_40_60",
    "sound@power_140_160",
    "sound@power_other",
    "sound@frequency_center",
    "sound@mean_square_frequency",
    "sound@variance_frequency",
    "sound@frequency_entropy",
    "sound@level4d_abs_mean",
    "sound@level4d_energy",
    "sound@level4d_energy_smax",
    "sound@level4d_energy_sstd",
    "sound@level5d_abs_mean",
    "sound@level5d_energy",
    "sound@level5d_energy_smax",
    "sound@level5d_energy_sstd",
    "sound@level6a_abs_mean",
    "sound@level6a_energy",
    "sound@level6a_energy_smax",
    "sound@level6a_energy_sstd",
    "sound@level6d_abs_mean",
    "sound@level6d_energy",
    "sound@level6d_energy_smax",
    "sound@level6d_energy_sstd",
    "sound@mean",
};

const absl::flat_hash_map<absl::string_view, int>& ChannelsByName() {
  static const auto* const channels = [] {
    auto* map = new absl::flat_hash_map<absl::string_view, int>;
    for (int c = 0; c < kFeatures; ++c) map->emplace(kNames[c], c);
    return map;
  }();
  return *channels;
}

}  // namespace

absl::string_view SignalName(Signal signal) { return signal == Signal::kMagn ? "magn" : "sound"; }

std::optional<Signal> ParseSignal(absl::string_view name) {
  if (name == "magn") return Signal::kMagn;
  if (name == "sound") return Signal::kSound;
  return std::nullopt;
}

absl::Span<const absl::string_view> FeatureNames() { return kNames; }

absl::Span<const absl::string_view> FeatureNames(Signal signal) {
  return FeatureNames().subspan(FirstChannel(signal), FeatureCount(signal));
}

std::optional<int> FeatureChannel(absl::string_view name) {
  const auto it = ChannelsByName().find(name);
  if (it == ChannelsByName().end()) return std::nullopt;
  return it->second;
}

const std::string& FeatureSchemaHash() {
  static const auto* const hash = new std::string(Sha256Hex(absl::StrJoin(kNames, "\n")));
  return *hash;
}

absl::StatusOr<std::vector<int>> BindColumns(Signal signal, absl::Span<const std::string> columns) {
  const int count = FeatureCount(signal);
  std::vector<int> binding;
  binding.reserve(columns.size());
  std::vector<bool> seen(count, false);
  for (const std::string& column : columns) {
    const std::optional<int> channel = FeatureChannel(column);
    const int index = channel.value_or(-1) - FirstChannel(signal);
    if (!channel.has_value() || index < 0 || index >= count) {
      return absl::InvalidArgumentError(
          absl::StrCat("column '", column, "' is not a ", SignalName(signal), " feature"));
    }
    if (seen[index]) return absl::InvalidArgumentError(absl::StrCat("column '", column, "' appears twice"));
    seen[index] = true;
    binding.push_back(index);
  }
  for (int i = 0; i < count; ++i) {
    if (!seen[i]) return absl::InvalidArgumentError(absl::StrCat("column '", FeatureNames(signal)[i], "' is missing"));
  }
  return binding;
}

}  // namespace tremorcast
