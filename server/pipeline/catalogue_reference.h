#pragma once

// What the recent catalogue alone says of the week of an issued forecast
// (core/catalogue/catalogue_model.h): the reference a model must beat before the word precursor may
// be used. It sees the events that were known when the forecast was issued and that happened before
// its week; weeks that the catalogue did not yet cover count as it showed them then.
//
// Thread safe. It blocks on the store. Errors are those of the store, and FailedPrecondition for
// less than a year of catalogue.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/forecast/forecast.h"
#include "core/network/station_network.h"
#include "core/ports/event_store.h"

namespace tremorcast {

struct CatalogueAnswer {
  ClassProbabilities probabilities = {};
  std::string catalogue_snapshot;  // of the events it saw
};

// `regions`: the whole network; those of the forecast's world are learnt from together, the whole
// box by itself.
absl::StatusOr<CatalogueAnswer> AnswerFromCatalogue(const Forecast& issued, absl::Span<const Region> regions,
                                                    EventStore& events, const std::vector<std::string>& precedence);

}  // namespace tremorcast
