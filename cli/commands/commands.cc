#include "cli/commands/commands.h"

namespace tremorcast::cli {

const std::vector<CommandSpec>& AllCommands() {
  static const auto* const kCommands = new std::vector<CommandSpec>{
      IngestSpec(),
      StationsImportSpec(),
      StationsListSpec(),
      RegionsImportSpec(),
      RegionsListSpec(),
      CatalogImportSpec(),
      CatalogListSpec(),
      CatalogExportSpec(),
      CatalogCompleteSpec(),
      CatalogCompletenessSpec(),
      CatalogRevokeSpec(),
      CatalogDuplicatesSpec(),
      CatalogJoinSpec(),
      CatalogSplitSpec(),
      CatalogWithdrawSpec(),
      CatalogDecisionsSpec(),
      CatalogUndoSpec(),
      ForecastSpec(),
      OutlookRatesSpec(),
      OutlookCataloguesSpec(),
      WatchSpec(),
      BulletinSpec(),
      ModelsListSpec(),
      ModelsShowSpec(),
      ModelsPromoteSpec(),
      ModelsRollbackSpec(),
      ModelsHistorySpec(),
      ObservationsCorrectSpec(),
      ObservationsCorrectionsSpec(),
      StatusSpec(),
      DoctorSpec(),
      TokenCreateSpec(),
      SimulateSpec(),
      CompletionSpec(),
  };
  return *kCommands;
}

}  // namespace tremorcast::cli
