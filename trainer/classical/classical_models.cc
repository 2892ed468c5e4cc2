#include "trainer/classical/classical_models.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr int kSvmSteps = 1'000'000;
constexpr double kSvmTolerance = 1e-4;

// The one place where OpenCV's exceptions become statuses.
template <typename Work>
std::invoke_result_t<const Work&> CvStatus(const char* what, const Work& work) {
  try {
    return work();
  } catch (const cv::Exception& e) {
    return absl::InternalError(absl::StrCat(what, ": ", e.err));
  }
}

absl::Status CheckRows(const FeatureMatrix& rows, absl::Span<const int> labels, int classes) {
  if (rows.rows() == 0 || static_cast<size_t>(rows.rows()) != labels.size()) {
    return absl::InvalidArgumentError(absl::StrCat(rows.rows(), " rows, ", labels.size(), " labels"));
  }
  if (std::any_of(labels.begin(), labels.end(), [classes](int label) { return label < 0 || label >= classes; })) {
    return absl::InvalidArgumentError("a label out of range");
  }
  if (std::any_of(rows.values.begin(), rows.values.end(), [](float x) { return !std::isfinite(x); })) {
    return absl::InvalidArgumentError("a feature that is not finite");
  }
  if (std::all_of(labels.begin(), labels.end(), [&](int label) { return label == labels[0]; })) {
    return absl::FailedPreconditionError("all rows are of one class");
  }
  return absl::OkStatus();
}

std::vector<int> Counts(absl::Span<const int> labels, int classes) {
  std::vector<int> counts(static_cast<size_t>(classes));
  for (int label : labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

cv::Mat ToMat(absl::Span<const float> values, int columns) {
  return cv::Mat(static_cast<int>(values.size()) / columns, columns, CV_32F, const_cast<float*>(values.data())).clone();
}

class WeightedTree : public ClassicalModel {
 public:
  WeightedTree(cv::Ptr<cv::ml::DTrees> tree, int classes) : tree_(std::move(tree)), classes_(classes) {}

  // From the rows the tree was grown on.
  void FillLeaves(const FeatureMatrix& rows, absl::Span<const int> labels, const std::vector<double>& weights,
                  double smoothing) {
    scores_.assign(tree_->getNodes().size(), std::vector<double>(static_cast<size_t>(classes_), smoothing));
    for (int i = 0; i < rows.rows(); ++i) {
      const auto label = static_cast<size_t>(labels[static_cast<size_t>(i)]);
      scores_[Leaf(rows.row(i))][label] += weights[label];
    }
    for (std::vector<double>& leaf : scores_) {
      double sum = 0;
      for (double n : leaf) sum += n;
      for (double& n : leaf) n = std::log(n / sum);
    }
  }

  std::vector<std::vector<double>> Scores(const FeatureMatrix& rows) const override {
    std::vector<std::vector<double>> scores;
    for (int i = 0; i < rows.rows(); ++i) scores.push_back(scores_[Leaf(rows.row(i))]);
    return scores;
  }

 private:
  // All our variables are ordered and none is missing: one comparison per node.
  size_t Leaf(absl::Span<const float> row) const {
    const std::vector<cv::ml::DTrees::Node>& nodes = tree_->getNodes();
    const std::vector<cv::ml::DTrees::Split>& splits = tree_->getSplits();
    int at = tree_->getRoots()[0];
    while (nodes[static_cast<size_t>(at)].split >= 0) {
      const cv::ml::DTrees::Node& node = nodes[static_cast<size_t>(at)];
      const cv::ml::DTrees::Split& split = splits[static_cast<size_t>(node.split)];
      const bool left = (row[static_cast<size_t>(split.varIdx)] <= split.c) != split.inversed;
      at = left ? node.left : node.right;
    }
    return static_cast<size_t>(at);
  }

  cv::Ptr<cv::ml::DTrees> tree_;
  int classes_;
  std::vector<std::vector<double>> scores_;  // by node
};

struct Column {
  double mean = 0, sd = 1;
};

std::vector<Column> StandardColumns(const FeatureMatrix& rows) {
  std::vector<Column> columns(static_cast<size_t>(rows.columns));
  const double n = rows.rows();
  for (size_t c = 0; c < columns.size(); ++c) {
    double sum = 0, squares = 0;
    for (int i = 0; i < rows.rows(); ++i) sum += rows.row(i)[c];
    columns[c].mean = sum / n;
    for (int i = 0; i < rows.rows(); ++i) squares += std::pow(rows.row(i)[c] - columns[c].mean, 2);
    const double sd = std::sqrt(squares / n);
    if (sd > 1e-6) columns[c].sd = sd;
  }
  return columns;
}

cv::Mat Standardised(const FeatureMatrix& rows, const std::vector<Column>& columns) {
  std::vector<float> values = rows.values;
  for (size_t i = 0; i < values.size(); ++i) {
    const Column& column = columns[i % columns.size()];
    values[i] = static_cast<float>((values[i] - column.mean) / column.sd);
  }
  return ToMat(values, rows.columns);
}

class WeightedSvm : public ClassicalModel {
 public:
  // machines[k]: null for a class without rows.
  WeightedSvm(std::vector<Column> columns, std::vector<cv::Ptr<cv::ml::SVM>> machines)
      : columns_(std::move(columns)), machines_(std::move(machines)) {}

  std::vector<std::vector<double>> Scores(const FeatureMatrix& rows) const override {
    std::vector<std::vector<double>> scores(static_cast<size_t>(rows.rows()),
                                            std::vector<double>(machines_.size(), kNoClassScore));
    if (rows.rows() == 0) return scores;
    const cv::Mat samples = Standardised(rows, columns_);
    for (size_t k = 0; k < machines_.size(); ++k) {
      if (machines_[k].empty()) continue;
      cv::Mat values;
      machines_[k]->predict(samples, values, cv::ml::StatModel::RAW_OUTPUT);
      // OpenCV's value is positive on the side of the smaller label: the rest is 0, the class 1.
      for (int i = 0; i < rows.rows(); ++i) scores[static_cast<size_t>(i)][k] = -values.at<float>(i);
    }
    return scores;
  }

 private:
  std::vector<Column> columns_;
  std::vector<cv::Ptr<cv::ml::SVM>> machines_;
};

cv::Ptr<cv::ml::SVM> OneAgainstRest(const cv::Mat& samples, absl::Span<const int> labels, int target, double c) {
  cv::Mat sides(static_cast<int>(labels.size()), 1, CV_32S);
  double ones = 0;
  for (size_t i = 0; i < labels.size(); ++i) ones += sides.at<int>(static_cast<int>(i)) = labels[i] == target ? 1 : 0;
  const double n = static_cast<double>(labels.size());
  cv::Ptr<cv::ml::SVM> svm = cv::ml::SVM::create();
  svm->setType(cv::ml::SVM::C_SVC);
  svm->setKernel(cv::ml::SVM::LINEAR);
  svm->setC(c);
  svm->setClassWeights((cv::Mat_<double>(2, 1) << n / (2 * (n - ones)), n / (2 * ones)));
  svm->setTermCriteria(cv::TermCriteria(cv::TermCriteria::MAX_ITER | cv::TermCriteria::EPS, kSvmSteps, kSvmTolerance));
  svm->train(cv::ml::TrainData::create(samples, cv::ml::ROW_SAMPLE, sides));
  return svm;
}

cv::Ptr<cv::ml::DTrees> GrowTree(const FeatureMatrix& rows, absl::Span<const int> labels,
                                 const std::vector<int>& counts, const TreeOptions& options) {
  // OpenCV's classes are those that occur, in the order of their labels.
  std::vector<double> priors;
  for (int n : counts) {
    if (n > 0) priors.push_back(static_cast<double>(labels.size()) / n);
  }
  cv::Ptr<cv::ml::DTrees> tree = cv::ml::DTrees::create();
  tree->setMaxDepth(options.max_depth);
  tree->setMinSampleCount(options.min_split - 1);  // OpenCV splits what has more
  tree->setCVFolds(0);
  tree->setUseSurrogates(false);
  tree->setUse1SERule(false);
  tree->setTruncatePrunedTree(false);
  tree->setPriors(cv::Mat(priors, true).reshape(1, 1));
  cv::Mat responses(static_cast<int>(labels.size()), 1, CV_32S);
  for (size_t i = 0; i < labels.size(); ++i) responses.at<int>(static_cast<int>(i)) = labels[i];
  tree->train(cv::ml::TrainData::create(ToMat(rows.values, rows.columns), cv::ml::ROW_SAMPLE, responses));
  return tree;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClassicalModel>> FitWeightedTree(const FeatureMatrix& rows, absl::Span<const int> labels,
                                                                int classes, const TreeOptions& options) {
  RETURN_IF_ERROR(CheckRows(rows, labels, classes));
  const std::vector<int> counts = Counts(labels, classes);
  const auto present = static_cast<double>(std::count_if(counts.begin(), counts.end(), [](int n) { return n > 0; }));
  std::vector<double> weights;
  for (int n : counts) weights.push_back(n > 0 ? static_cast<double>(labels.size()) / (present * n) : 0);
  return CvStatus("decision tree", [&]() -> absl::StatusOr<std::unique_ptr<ClassicalModel>> {
    auto model = std::make_unique<WeightedTree>(GrowTree(rows, labels, counts, options), classes);
    model->FillLeaves(rows, labels, weights, options.smoothing);
    return model;
  });
}

absl::StatusOr<std::unique_ptr<ClassicalModel>> FitWeightedSvm(const FeatureMatrix& rows, absl::Span<const int> labels,
                                                               int classes, const SvmOptions& options) {
  RETURN_IF_ERROR(CheckRows(rows, labels, classes));
  return CvStatus("support vector machine", [&]() -> absl::StatusOr<std::unique_ptr<ClassicalModel>> {
    const std::vector<int> counts = Counts(labels, classes);
    std::vector<Column> columns = StandardColumns(rows);
    const cv::Mat samples = Standardised(rows, columns);
    std::vector<cv::Ptr<cv::ml::SVM>> machines(counts.size());
    for (size_t k = 0; k < counts.size(); ++k) {
      if (counts[k] > 0) machines[k] = OneAgainstRest(samples, labels, static_cast<int>(k), options.c);
    }
    return std::make_unique<WeightedSvm>(std::move(columns), std::move(machines));
  });
}

}  // namespace tremorcast
