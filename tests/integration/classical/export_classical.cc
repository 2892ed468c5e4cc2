// Writes what scikit-learn needs to check our tree and SVM: for each slice of a set of series, one
// line per sample with label, decision of the tree, decision of the SVM, its scores, then the
// features.
//
//   export_classical DIR/NAME OUT     writes OUT/train.csv and OUT/test.csv

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "files/text_file.h"
#include "model/checkpoint/normalisation.h"
#include "trainer/classical/classical_models.h"
#include "trainer/classical/window_summary.h"
#include "trainer/data/series_data.h"

namespace tremorcast {
namespace {

int Decision(const std::vector<double>& scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

std::string Lines(const FeatureMatrix& rows, const std::vector<int>& labels, const ClassicalModel& tree,
                  const ClassicalModel& svm) {
  const auto tree_scores = tree.Scores(rows), svm_scores = svm.Scores(rows);
  std::string text;
  for (int i = 0; i < rows.rows(); ++i) {
    const auto at = static_cast<size_t>(i);
    absl::StrAppend(&text, labels[at], ",", Decision(tree_scores[at]), ",", Decision(svm_scores[at]));
    for (double score : svm_scores[at]) absl::StrAppend(&text, ",", score);
    char number[32];
    for (float x : rows.row(i)) {
      std::snprintf(number, sizeof(number), ",%.9g", static_cast<double>(x));
      text += number;
    }
    text += "\n";
  }
  return text;
}

absl::Status Export(const std::string& path, const std::string& out) {
  auto pair = ReadSeries(path);
  if (!pair.ok()) return pair.status();
  auto data = BuildSeriesData(*std::move(pair), {});
  if (!data.ok()) return data.status();
  const SeriesData& d = **data;
  std::vector<int> windows;
  for (int i : d.study.training.train) windows.push_back(d.set.samples[static_cast<size_t>(i)].windows[0]);
  auto normalisation = FitNormalisation(*d.source, windows, d.length);
  if (!normalisation.ok()) return normalisation.status();
  const auto labels_of = [&](const std::vector<int>& samples) {
    std::vector<int> labels;
    for (int i : samples) labels.push_back(d.set.samples[static_cast<size_t>(i)].label);
    return labels;
  };
  auto train = SummariseSamples(d.set, d.study.training.train, *normalisation, d.length);
  auto test = SummariseSamples(d.set, d.study.test, *normalisation, d.length);
  if (!train.ok() || !test.ok()) return train.ok() ? test.status() : train.status();
  const int classes = static_cast<int>(d.class_names.size());
  const std::vector<int> labels = labels_of(d.study.training.train);
  auto tree = FitWeightedTree(*train, labels, classes, {});
  auto svm = FitWeightedSvm(*train, labels, classes, {});
  if (!tree.ok() || !svm.ok()) return tree.ok() ? svm.status() : tree.status();
  absl::Status status = WriteTextFile(out + "/train.csv", Lines(*train, labels, **tree, **svm));
  status.Update(WriteTextFile(out + "/test.csv", Lines(*test, labels_of(d.study.test), **tree, **svm)));
  return status;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: export_classical DIR/NAME OUT\n");
    return 2;
  }
  const absl::Status status = tremorcast::Export(argv[1], argv[2]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "export_classical: %s\n", status.ToString().c_str());
  return 1;
}
