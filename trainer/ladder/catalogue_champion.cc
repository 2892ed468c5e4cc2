#include "trainer/ladder/catalogue_champion.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

ChampionVerdict DecideCatalogueChampion(const ModelRecord& candidate, const CatalogueChampion& before) {
  const auto decide = [&](ChampionDecision decision, absl::string_view why) {
    return ChampionVerdict{decision, absl::StrCat("gate: ", candidate.verdict, why)};
  };
  if (!candidate.demonstrated_skill) return decide(ChampionDecision::kKeep, "");
  if (!before.newest.has_value()) return decide(ChampionDecision::kPromote, "; no champion before");
  if (before.newest->kind != PromotionKind::kPromote || !before.model.has_value()) {
    return decide(ChampionDecision::kKeep, absl::StrCat("; but ", before.newest->actor,
                                                        " took the last one back, and no refit overrules that: "
                                                        "promote it by hand"));
  }
  const ModelRecord& champion = *before.model;
  if (champion.simulated != candidate.simulated) {
    return candidate.simulated ? decide(ChampionDecision::kKeep, "; but a model of real earthquakes serves")
                               : decide(ChampionDecision::kPromote, "; the champion is a simulated one");
  }
  if (champion.model.training_period.end > candidate.model.training_period.end) {
    return decide(ChampionDecision::kKeep, "; but the champion was fitted to later earthquakes");
  }
  return decide(ChampionDecision::kPromote,
                absl::StrCat("; a refit of the procedure that made ", champion.model.version.value()));
}

}  // namespace tremorcast
