#include "model/serving/golden.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>

#include "model/checkpoint/random.h"

namespace tremorcast {

std::vector<StationWindow> GoldenWindows(const GoldenTest& golden, const NetworkConfig& network,
                                         const Normalisation& normalisation) {
  Random random(MixSeed({golden.seed, 0x601DE4}));
  std::vector<StationWindow> windows;
  auto known = normalisation.stations().begin();
  for (int s = 0; s < golden.stations; ++s) {
    StationWindow window;
    if (s + 1 < golden.stations && known != normalisation.stations().end()) {
      window.key.station = known->first;
      ++known;
    } else {
      window.key.station = StationId(absl::StrCat("zz-golden-", s));
    }
    window.slots = network.input_slots;
    const RobustScale& scale = normalisation.For(window.key.station);
    for (size_t c = 0; c < scale.median.size(); ++c) {
      for (int i = 0; i < network.input_slots; ++i) {
        const bool missing = random.Uniform() < 0.05;
        const double y = scale.median[c] + scale.iqr[c] * random.Normal();
        // Above 80 expm1 leaves the range of float.
        const double x = std::copysign(std::expm1(std::fmin(std::fabs(y), 80.0)), y);
        window.values.push_back(missing ? kMissing : static_cast<float>(x));
      }
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace tremorcast
