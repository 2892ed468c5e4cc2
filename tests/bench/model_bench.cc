// How fast the network is: windows a second in the predictor, milliseconds a training step. Prints
// median and spread of several runs; judges nothing. `--runs=N` (default 3, so that it can run with
// the tests), `--threads=N` (default 1), `--device=cpu|cuda`.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <torch/torch.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "model/modules/device.h"
#include "model/modules/torch_modules.h"
#include "model/modules/torch_status.h"
#include "model/serving/torch_predictor.h"
#include "model/training/adam.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

struct Settings {
  int runs = 3;
  int threads = 1;
  std::string device = "cpu";
};

void Report(const std::string& what, std::vector<double> values, const char* unit) {
  std::sort(values.begin(), values.end());
  std::printf("%-44s %9.2f %s (lowest %.2f, highest %.2f, %zu runs)\n", what.c_str(), values[values.size() / 2], unit,
              values.front(), values.back(), values.size());
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Full-size windows through the serving path: normalisation, blocks of 16, five heads.
void BenchPredictor(const Settings& settings) {
  TinyDataOptions data_options;
  data_options.channels = kFeatures;
  data_options.slots = kSlotsPerWeek;
  data_options.issues = 20;
  data_options.regions = 1;
  const TinyData data = MakeTinyData(data_options);
  TrainOptions options = QuickTraining();
  options.max_epochs = 1;
  options.heads = 5;
  options.threads = settings.threads;
  options.device = settings.device;
  const auto model = Train(NetworkConfig{}, data.training(), options);
  TREMORCAST_CHECK(model.ok());
  const std::string artifact = (*model)->Serialize({}).value();
  TorchPredictorOptions predictor_options;
  predictor_options.threads = settings.threads;
  predictor_options.device = settings.device;
  std::shared_ptr<const Predictor> predictor;
  Report(
      "load a checkpoint (warm-up, golden test)",
      {1e3 * Seconds([&] {
         predictor =
             TorchPredictorLoader(predictor_options).Load(ModelVersion("bench"), artifact, Sha256Hex(artifact)).value();
       })},
      "ms");
  std::printf("%s, artifact %zu bytes\n", predictor->info().runtime.c_str(), artifact.size());
  for (int stations : {3, 16, 64}) {
    std::vector<StationWindow> windows;
    for (int s = 0; s < stations; ++s)
      windows.push_back(NoiseWindow(StationId(absl::StrCat("s", s)), kSlotsPerWeek, static_cast<uint64_t>(s)));
    RegionInput region{RegionId("r"), {}};
    for (const StationWindow& window : windows) region.windows.push_back(&window);
    std::vector<double> rates;
    for (int i = 0; i < settings.runs; ++i) {
      rates.push_back(stations / Seconds([&] { TREMORCAST_CHECK(predictor->Predict({region}).ok()); }));
    }
    Report(absl::StrCat("predictor, region of ", stations, " stations"), rates, "windows/s");
  }
}

void BenchStep(const Settings& settings, const std::string& what, torch::nn::Module& module, const torch::Tensor& input,
               const std::function<torch::Tensor(const torch::Tensor&)>& logits) {
  const torch::Device device = ChooseDevice(settings.device).value();
  module.to(device);
  module.train();
  Adam adam(module);
  const torch::Tensor x = input.to(device), y = torch::randint(5, {input.size(0)}, torch::kLong).to(device);
  double loss_value = 0;
  const auto step = [&] {
    adam.ZeroGradients();
    const torch::Tensor loss = torch::nn::functional::cross_entropy(logits(x), y);
    loss.backward();
    adam.Step(1e-3);
    loss_value = loss.item<double>();  // waits for the device
  };
  for (int i = 0; i < 2; ++i) step();
  std::vector<double> times;
  for (int i = 0; i < settings.runs; ++i) times.push_back(1e3 * Seconds(step));
  TREMORCAST_CHECK(std::isfinite(loss_value));
  Report(what, times, "ms");
}

void BenchTraining(const Settings& settings) {
  ConfigureTorch(settings.threads);
  const NetworkConfig config;
  for (int slots : {168, 1008}) {
    Backbone backbone(config);
    BenchStep(settings, absl::StrCat("stage 1 step, 16 windows of ", slots), *backbone, torch::randn({16, 95, slots}),
              [&](const torch::Tensor& x) { return backbone->forward(x).mean(2).slice(1, 0, 5); });
    Classifier head(config);
    BenchStep(settings, absl::StrCat("stage 2 step, 16 maps of ", slots / 8), *head, torch::randn({16, 143, slots / 8}),
              [&](const torch::Tensor& x) { return head->forward(x); });
  }
}

int Main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    const bool good = (absl::ConsumePrefix(&argument, "--runs=") && absl::SimpleAtoi(argument, &settings.runs) &&
                       settings.runs > 0) ||
                      (absl::ConsumePrefix(&argument, "--threads=") && absl::SimpleAtoi(argument, &settings.threads) &&
                       settings.threads > 0);
    if (good) continue;
    if (!absl::ConsumePrefix(&argument, "--device=")) {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      return 2;
    }
    settings.device = std::string(argument);
  }
  BenchPredictor(settings);
  BenchTraining(settings);
  return 0;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) { return tremorcast::Main(argc, argv); }
