#include "server/pipeline/catalogue_reference.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/catalogue_model.h"
#include "core/catalogue/weekly_classes.h"
#include "server/pipeline/catalogue_view.h"

namespace tremorcast {
namespace {

constexpr int kWeeksToLearnFrom = 52;

std::vector<Region> LearntTogether(const Forecast& issued, absl::Span<const Region> regions) {
  const auto own =
      std::find_if(regions.begin(), regions.end(), [&](const Region& region) { return region.id == issued.region; });
  std::vector<Region> together;
  if (own == regions.end()) return together;
  if (own->whole_network) return {*own};
  std::copy_if(regions.begin(), regions.end(), std::back_inserter(together),
               [&](const Region& region) { return !region.whole_network && region.simulated == own->simulated; });
  return together;
}

}  // namespace

absl::StatusOr<CatalogueAnswer> AnswerFromCatalogue(const Forecast& issued, absl::Span<const Region> regions,
                                                    EventStore& events, const std::vector<std::string>& precedence) {
  ASSIGN_OR_RETURN(const auto complete, events.ListCompleteness(false));
  EventQuery query;
  query.origin_time.end = issued.valid_from;
  query.as_of = issued.issued_at;
  ASSIGN_OR_RETURN(std::vector<SeismicEvent> known, events.List(query));
  const bool simulated = UsesSimulatedCatalogue(issued.purpose == ForecastPurpose::kTest, complete);
  const std::vector<SeismicEvent> catalogue = CatalogueFor(simulated, std::move(known), precedence);
  WeeklyClasses history;
  const std::vector<Region> together = LearntTogether(issued, regions);
  absl::Time begin = CataloguePeriod(simulated, complete, catalogue, together).begin;
  if (begin == absl::InfinitePast()) begin = StartOfCatalogue(catalogue, together);
  if (begin < issued.valid_from) {
    MagnitudeClasses classes;
    classes.edges = issued.magnitude_edges;
    history = BuildWeeklyClasses(together, catalogue, {begin, issued.valid_from}, WeekGrid::Service(), classes);
  }
  if (history.weeks < kWeeksToLearnFrom) {
    return absl::FailedPreconditionError(absl::StrCat("region ", issued.region.value(), ": ", history.weeks,
                                                      " weeks of catalogue before ", FormatUtc(issued.valid_from), ", ",
                                                      kWeeksToLearnFrom, " are needed to learn from"));
  }
  ASSIGN_OR_RETURN(CatalogueModel model, CatalogueModel::Fit(history, issued.valid_from, CatalogueModelOptions()));
  ASSIGN_OR_RETURN(ClassProbabilities answer, model.Predict(history, issued.region, issued.valid_from));
  return CatalogueAnswer{answer, CatalogueSnapshot(catalogue)};
}

}  // namespace tremorcast
