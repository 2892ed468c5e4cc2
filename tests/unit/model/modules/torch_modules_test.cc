#include "model/modules/torch_modules.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "model/calibration/last_layer.h"
#include "model/modules/map_store.h"
#include "model/modules/torch_status.h"
#include "model/serving/inference.h"
#include "model/study/study_networks.h"
#include "model/training/adam.h"
#include "model/training/trained_networks.h"

namespace tremorcast {
namespace {

// Trainable parameters below each direct child.
std::map<std::string, int64_t> Parameters(const torch::nn::Module& module) {
  std::map<std::string, int64_t> counts;
  for (const auto& item : module.named_parameters())
    counts[item.key().substr(0, item.key().find('.'))] += item.value().numel();
  return counts;
}
int64_t Total(const torch::nn::Module& module) {
  int64_t total = 0;
  for (const torch::Tensor& p : module.parameters()) total += p.numel();
  return total;
}

TEST(NetworkTest, ModulesHaveTheParametersThatTheTableSays) {
  NetworkConfig config;
  const StageOne stage1(config);
  EXPECT_EQ(Total(*stage1), 34589);
  std::map<std::string, int64_t> backbone = Parameters(*stage1->backbone);
  backbone["linear"] = Total(*stage1->linear);
  for (const LayerParameters& layer : BackboneParameters(config))
    EXPECT_EQ(backbone[layer.name], layer.parameters) << layer.name;

  std::map<std::string, int64_t> head = Parameters(*Classifier(config));
  EXPECT_EQ(head["block"], 12406);
  EXPECT_EQ(head["transition"], 14278);
  EXPECT_EQ(head["conv1"] + head["conv2"] + head["conv3"], 40704);
  EXPECT_EQ(head["linear1"] + head["linear2"] + head["linear3"], 6405);
  for (const auto& [input, total] :
       {std::pair{ClassifierInput::kFused, 73793}, std::pair{ClassifierInput::kImplicit, 46233},
        std::pair{ClassifierInput::kExplicit, 58673}}) {
    config.input = input;
    EXPECT_EQ(Total(*Classifier(config)), total);
    EXPECT_EQ(TotalParameters(ClassifierParameters(config)), total);
  }
}

TEST(NetworkTest, DenseModulesHaveTheParametersThatTheTableSays) {
  NetworkConfig config;
  config.connectivity = Connectivity::kDense;
  const StageOne stage1(config);
  EXPECT_EQ(Total(*stage1), 29405);
  std::map<std::string, int64_t> backbone = Parameters(*stage1->backbone);
  backbone["linear"] = Total(*stage1->linear);
  for (const LayerParameters& layer : BackboneParameters(config))
    EXPECT_EQ(backbone[layer.name], layer.parameters) << layer.name;
  for (const auto& [input, total] :
       {std::pair{ClassifierInput::kFused, 72735}, std::pair{ClassifierInput::kImplicit, 44985},
        std::pair{ClassifierInput::kExplicit, 57519}}) {
    config.input = input;
    EXPECT_EQ(Total(*Classifier(config)), total);
  }
}

// A batch norm of one's own making: eval mode with fresh statistics divides by sqrt(1 + eps).
torch::Tensor FreshLayer(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  return torch::nn::functional::conv1d(torch::relu(x / std::sqrt(1 + 1e-5)), weight,
                                       torch::nn::functional::Conv1dFuncOptions().bias(bias).padding(1));
}

TEST(NetworkTest, ADenseLayerSeesEverythingBeforeItAndASingleOneItsPredecessor) {
  torch::manual_seed(4);
  NetworkConfig config;
  config.growth = 4;
  for (Connectivity connectivity : {Connectivity::kSingle, Connectivity::kDense}) {
    config.connectivity = connectivity;
    const bool dense = connectivity == Connectivity::kDense;
    DenseBlock block(6, config);
    block->eval();
    auto parts = block->named_parameters();
    const torch::Tensor x = torch::randn({2, 6, 9}).set_requires_grad(true);
    const torch::Tensor y = block->forward(x);
    const torch::Tensor first = FreshLayer(x, parts["conv1.weight"], parts["conv1.bias"]);
    const torch::Tensor second =
        FreshLayer(dense ? torch::cat({x, first}, 1) : first, parts["conv2.weight"], parts["conv2.bias"]);
    const torch::Tensor expected = dense ? torch::cat({x, first, second}, 1) : torch::cat({x, second}, 1);
    ASSERT_EQ(y.sizes(), (std::vector<int64_t>{2, 10, 9}));
    EXPECT_TRUE(torch::allclose(y, expected, 1e-4, 1e-5)) << dense;
    // The gradient of the last layer's first channel reaches the input over both ways.
    y.select(1, 9).sum().backward();
    const torch::Tensor ours = x.grad().clone();
    x.mutable_grad() = torch::Tensor();
    expected.select(1, 9).sum().backward();
    EXPECT_TRUE(torch::allclose(ours, x.grad(), 1e-4, 1e-5)) << dense;
  }
}

TEST(NetworkTest, DenseBlocksGiveTheSameMaps) {
  NetworkConfig config;
  config.connectivity = Connectivity::kDense;
  Backbone backbone(config);
  backbone->eval();
  const torch::NoGradGuard no_grad;
  EXPECT_EQ(backbone->forward(torch::randn({2, 95, 1008})).sizes(), (std::vector<int64_t>{2, 48, 126}));
  Classifier head(config);
  head->eval();
  EXPECT_EQ(head->forward(torch::randn({3, 143, 126})).sizes(), (std::vector<int64_t>{3, 5}));
}

// Dropout falls on what the layers add, in both: it never touches the block's input.
TEST(NetworkTest, DropoutOfABlockSparesItsInput) {
  torch::manual_seed(4);
  NetworkConfig config;
  config.dropout = 0.5;
  for (Connectivity connectivity : {Connectivity::kSingle, Connectivity::kDense}) {
    config.connectivity = connectivity;
    DenseBlock block(24, config);
    block->train();
    const torch::Tensor x = torch::randn({2, 24, 50});
    const torch::Tensor y = block->forward(x);
    EXPECT_TRUE(torch::equal(y.slice(1, 0, 24), x));
    for (const torch::Tensor& half : {y.slice(1, 24, 36), y.slice(1, 36, 48)}) {
      EXPECT_NEAR(half.eq(0).to(torch::kFloat).mean().item<double>(), 0.5, 0.1);
    }
  }
}

TEST(NetworkTest, ComparedNetworksHaveTheirParameters) {
  const NetworkConfig config;
  EXPECT_EQ(Total(*MakeHead(HeadKind::kClassifier, config)), 73793);
  // 143 x 126 = 18,018 inputs.
  EXPECT_EQ(Total(*MakeHead(HeadKind::kFlatten, config)), (18018 * 64 + 64) + (64 * 32 + 32) + (32 * 5 + 5));
  EXPECT_EQ(Total(*MakeHead(HeadKind::kConvolutions, config)),
            (143 * 64 * 3 + 64) + 2 * (64 * 64 * 3 + 64) + (64 * 64 + 64) + (64 * 32 + 32) + (32 * 5 + 5));
  EXPECT_EQ(Total(*PlainCnn(config)),
            (95 * 32 * 5 + 32) + (32 * 64 * 5 + 64) + (64 * 64 * 5 + 64) + (64 * 126 * 5 + 5));
  const torch::NoGradGuard no_grad;
  for (HeadKind kind : {HeadKind::kClassifier, HeadKind::kFlatten, HeadKind::kConvolutions}) {
    const auto head = MakeHead(kind, config);
    head->eval();
    EXPECT_EQ(head->forward(torch::randn({2, 143, 126})).sizes(), (std::vector<int64_t>{2, 5}));
    EXPECT_EQ(head->Features(torch::randn({2, 143, 126})).sizes(), (std::vector<int64_t>{2, 32}));
  }
  PlainCnn cnn(config);
  EXPECT_EQ(cnn->Classify(cnn->Maps(torch::randn({2, 95, 1008}))).sizes(), (std::vector<int64_t>{2, 5}));
}

TEST(NetworkTest, MapsHaveTheSizesOfTheTable) {
  const NetworkConfig config;
  Backbone backbone(config);
  backbone->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({2, 95, 1008});
  EXPECT_EQ(backbone->forward(x).sizes(), (std::vector<int64_t>{2, 48, 126}));
  EXPECT_EQ(ExplicitFeatures(x).sizes(), (std::vector<int64_t>{2, 95, 126}));
  Classifier head(config);
  head->eval();
  EXPECT_EQ(head->forward(torch::randn({3, 143, 126})).sizes(), (std::vector<int64_t>{3, 5}));
}

TEST(NetworkTest, ShortSeriesPassThroughSkippedPools) {
  NetworkConfig config;
  config.channels = 190;
  config.input_slots = config.slots = 3;
  Backbone backbone(config);
  backbone->eval();
  const torch::Tensor x = torch::randn({2, 190, 3});
  EXPECT_EQ(backbone->forward(x).size(2), 1);
  EXPECT_EQ(ExplicitFeatures(x).size(2), config.implicit_steps());
  Classifier head(config);
  head->eval();
  EXPECT_EQ(head->forward(torch::randn({2, 238, 1})).sizes(), (std::vector<int64_t>{2, 5}));
}

TEST(NetworkTest, AStationAloneIsItsOwnPool) {
  torch::manual_seed(2);
  const torch::NoGradGuard no_grad;
  NetworkConfig config;
  const torch::Tensor z = torch::randn({3, 48, 4}), e = torch::randn({3, 95, 4});
  StationGroups groups;
  for (int i = 0; i < 3; ++i) groups.Add(1);
  const torch::Tensor weights = StationWeights(groups, torch::Tensor(), torch::kCPU);
  for (StationPool pool : {StationPool::kMean, StationPool::kMax}) {
    config.pool = pool;
    Backbone backbone(config);
    const torch::Tensor long_way =
        torch::cat({PoolStations(z, groups, pool, weights), PoolStations(e, groups, pool, weights)}, 1);
    config.input = ClassifierInput::kFused;
    EXPECT_TRUE(torch::equal(ClassifierInputs(backbone, config, groups, z, e), long_way));
    config.input = ClassifierInput::kImplicit;
    EXPECT_TRUE(torch::equal(ClassifierInputs(backbone, config, groups, z, torch::Tensor()), long_way.slice(1, 0, 48)));
    config.input = ClassifierInput::kExplicit;
    EXPECT_TRUE(torch::equal(ClassifierInputs(backbone, config, groups, z, e), long_way.slice(1, 48)));
  }
}

TEST(NetworkTest, InitialisesWithXavierBoundsAndZeroBiases) {
  torch::manual_seed(1);
  Backbone backbone{NetworkConfig{}};
  InitialiseWeights(*backbone);
  for (const auto& item : backbone->named_parameters()) {
    if (item.key() == "conv.weight") {
      const double bound = std::sqrt(6.0 / (95 * 7 + 24 * 7));
      EXPECT_LE(item.value().abs().max().item<double>(), bound);
      EXPECT_GT(item.value().abs().max().item<double>(), bound * 0.99);
    }
    if (item.key().find("conv") != std::string::npos && item.key().find("bias") != std::string::npos) {
      EXPECT_EQ(item.value().abs().max().item<double>(), 0) << item.key();
    }
  }
}

TEST(NetworkTest, TauNormalisationGivesTheMethodsNumbers) {
  const torch::Tensor weight = torch::tensor({{3.0, 4.0}, {1.2, .9}, {.6, .8}}, torch::kDouble);
  const torch::Tensor x = torch::ones({1, 2}, torch::kDouble);
  const auto logits = [&](double tau) { return TauLogits(x, weight, tau)[0]; };
  EXPECT_NEAR(logits(.5)[0], 3.130495, 1e-6);
  EXPECT_NEAR(logits(.5)[1], 1.714643, 1e-6);
  EXPECT_NEAR(logits(.5)[2], 1.4, 1e-6);
  for (double z : logits(1)) EXPECT_NEAR(z, 1.4, 1e-6);
  EXPECT_NEAR(logits(0)[0], 7, 1e-12);
}

TEST(NetworkTest, ApplyingTauIsWhatTauLogitsCompute) {
  const NetworkConfig config;
  TrainedNetworks networks(config, torch::kCPU);
  networks.heads.emplace_back(config);
  Classifier& head = networks.heads[0];
  head->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({4, 143, 20});
  const Logits before = TauLogits(head->Features(x), head->last()->weight, 1.3);
  networks.ApplyTau(1.3);
  const torch::Tensor after = head->forward(x);
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < 5; ++k)
      EXPECT_NEAR(after[i][k].item<double>(), before[static_cast<size_t>(i)][static_cast<size_t>(k)], 1e-5);
  }
}

TEST(NetworkTest, ScalesAsPartOfAHeadAreWhatScaleClassesCompute) {
  torch::manual_seed(6);
  const torch::NoGradGuard no_grad;
  Classifier head{NetworkConfig{}};
  head->eval();
  const torch::Tensor x = torch::randn({4, 143, 20});
  const std::vector<double> scales = {2, .5, 1, 3, -1};
  const Logits expected = ScaleClasses(LogitRows(head->forward(x)), scales);
  ScaleLastLayer(*head, scales);
  const Logits scaled = LogitRows(head->forward(x));
  for (size_t i = 0; i < 4; ++i) {
    for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(scaled[i][k], expected[i][k], 1e-5);
  }
}

TEST(NetworkTest, MeansAsPartOfAHeadScoreAsTheNearestClassMeanDoes) {
  torch::manual_seed(7);
  const torch::NoGradGuard no_grad;
  Classifier head{NetworkConfig{}};
  head->eval();
  const torch::Tensor x = torch::randn({30, 143, 20});
  std::vector<int> labels;
  for (int i = 0; i < 30; ++i) labels.push_back(i % 4);  // none of class 4
  const Logits features = LogitRows(head->Features(x));
  const NearestClassMean means = NearestClassMean::Fit(features, labels, 5).value();
  const Logits expected = means.Scores(features);
  ReplaceLastLayer(*head, means);
  const Logits scores = LogitRows(head->forward(x));
  for (size_t i = 0; i < 30; ++i) {
    // Equal but for what all classes of a row have in common.
    for (size_t k = 1; k < 5; ++k) {
      EXPECT_NEAR(scores[i][k] - scores[i][0], expected[i][k] - expected[i][0], 1e-4) << i << " " << k;
    }
  }
  std::map<std::string, FloatTensor> tensors;
  ExportTensors(*head, "head0.", tensors);
  NetworkConfig config;
  config.last_inputs = LastInputs::kUnitLength;
  Classifier read(config);
  ASSERT_TRUE(ImportTensors(*read, "head0.", tensors).ok());
  read->eval();
  EXPECT_TRUE(torch::equal(read->forward(x), head->forward(x)));
  Classifier plain{NetworkConfig{}};
  ExportTensors(*plain, "head0.", tensors);
  tensors.erase("head0.centre");
  EXPECT_FALSE(ImportTensors(*read, "head0.", tensors).ok());
}

torch::Tensor TwoStations() { return torch::tensor({{{1.f, 2.f}}, {{3.f, 0.f}}, {{10.f, 20.f}}}); }  // [3, 1, 2]

TEST(NetworkTest, MeanAndMaxPoolWithinEachGroupOnly) {
  StationGroups groups;
  groups.Add(2);
  groups.Add(1);
  const torch::Tensor weights = StationWeights(groups, torch::Tensor(), torch::kCPU);
  const torch::Tensor mean = PoolStations(TwoStations(), groups, StationPool::kMean, weights);
  EXPECT_TRUE(torch::allclose(mean, torch::tensor({{{2.f, 1.f}}, {{10.f, 20.f}}})));
  const torch::Tensor max = PoolStations(TwoStations(), groups, StationPool::kMax, torch::Tensor());
  EXPECT_TRUE(torch::allclose(max, torch::tensor({{{3.f, 2.f}}, {{10.f, 20.f}}})));
}

TEST(NetworkTest, AttentionWeighsStationsBySoftmaxWithinTheGroup) {
  StationGroups groups;
  groups.Add(2);
  groups.Add(1);
  const torch::Tensor weights = StationWeights(groups, torch::tensor({0.f, std::log(3.f), 5.f}), torch::kCPU);
  EXPECT_TRUE(torch::allclose(weights, torch::tensor({.25f, .75f, 1.f})));
  const torch::Tensor pooled = PoolStations(TwoStations(), groups, StationPool::kAttention, weights);
  EXPECT_TRUE(torch::allclose(pooled, torch::tensor({{{2.5f, .5f}}, {{10.f, 20.f}}})));
}

TEST(NetworkTest, PaddingOfABlockDoesNotReachItsWindows) {
  NetworkConfig config;
  config.channels = 6;
  config.input_slots = config.slots = 24;
  Backbone backbone(config);
  backbone->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({kPredictorBlock + 3, 6, 24});
  const BlockMaps maps = RunBackboneInBlocks(backbone, x);
  EXPECT_EQ(maps.z.size(0), kPredictorBlock + 3);
  EXPECT_TRUE(torch::allclose(maps.z, backbone->forward(x), 1e-4, 1e-5));
  EXPECT_TRUE(torch::equal(maps.e, ExplicitFeatures(x)));
}

TEST(NetworkTest, ExportedTensorsAreThoseTheCheckpointExpects) {
  NetworkConfig config;
  config.pool = StationPool::kAttention;
  std::map<std::string, FloatTensor> tensors;
  for (const auto& [connectivity, last_inputs] : {std::pair{Connectivity::kDense, LastInputs::kUnitLength},
                                                  std::pair{Connectivity::kSingle, LastInputs::kPlain}}) {
    config.connectivity = connectivity;
    config.last_inputs = last_inputs;
    tensors.clear();
    ExportTensors(*Backbone(config), "backbone.", tensors);
    for (int h = 0; h < 2; ++h) ExportTensors(*Classifier(config), absl::StrCat("head", h, "."), tensors);
    std::map<std::string, std::vector<int64_t>> shapes;
    for (const auto& [name, tensor] : tensors) shapes[name] = tensor.shape;
    EXPECT_EQ(shapes, ExpectedTensors(config, 2));
  }

  Backbone other(config);
  ASSERT_TRUE(ImportTensors(*other, "backbone.", tensors).ok());
  EXPECT_EQ(ToFloatTensor(other->named_parameters()["conv.weight"]), tensors["backbone.conv.weight"]);
  tensors["backbone.block2.norm1.running_var"].shape = {12, 2};
  EXPECT_EQ(ImportTensors(*other, "backbone.", tensors).code(), absl::StatusCode::kInvalidArgument);
}

// Against Torch's own Adam.
TEST(NetworkTest, AdamTakesTorchsSteps) {
  torch::manual_seed(3);
  torch::nn::Linear ours(4, 3), theirs(4, 3);
  std::map<std::string, FloatTensor> weights;
  ExportTensors(*ours, "", weights);
  ASSERT_TRUE(ImportTensors(*theirs, "", weights).ok());
  Adam adam(*ours);
  torch::optim::Adam reference(theirs->parameters(), torch::optim::AdamOptions(1e-2));
  for (int step = 0; step < 20; ++step) {
    const torch::Tensor x = torch::randn({5, 4});
    adam.ZeroGradients();
    ours->forward(x).pow(2).sum().backward();
    adam.Step(1e-2);
    reference.zero_grad();
    theirs->forward(x).pow(2).sum().backward();
    reference.step();
  }
  EXPECT_TRUE(torch::allclose(ours->weight, theirs->weight, 1e-4, 1e-6));
}

TEST(TorchStatusTest, ExceptionsBecomeStatusesWithTheirFirstLine) {
  const absl::Status shapes = TorchStatus("adding", [] {
    (void)(torch::ones({2}) + torch::ones({3}));
    return absl::OkStatus();
  });
  EXPECT_EQ(shapes.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(shapes.message().find("adding: "), 0u);
  EXPECT_EQ(shapes.message().find('\n'), absl::string_view::npos);
  EXPECT_EQ(TorchStatus("x", []() -> absl::Status { throw std::bad_alloc(); }).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(TorchStatus("x", [] { return absl::NotFoundError("y"); }).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace tremorcast
