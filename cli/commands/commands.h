#pragma once

// One function for each command. Only the table in commands.cc calls them.

#include "cli/commands/command.h"

namespace tremorcast::cli {

CommandSpec IngestSpec();
CommandSpec SimulateSpec();
CommandSpec StationsImportSpec();
CommandSpec StationsListSpec();
CommandSpec RegionsImportSpec();
CommandSpec RegionsListSpec();
CommandSpec CatalogImportSpec();
CommandSpec CatalogListSpec();
CommandSpec CatalogExportSpec();
CommandSpec CatalogCompleteSpec();
CommandSpec CatalogCompletenessSpec();
CommandSpec CatalogRevokeSpec();
CommandSpec CatalogDuplicatesSpec();
CommandSpec CatalogJoinSpec();
CommandSpec CatalogSplitSpec();
CommandSpec CatalogWithdrawSpec();
CommandSpec CatalogDecisionsSpec();
CommandSpec CatalogUndoSpec();
CommandSpec ForecastSpec();
CommandSpec OutlookRatesSpec();
CommandSpec OutlookCataloguesSpec();
CommandSpec WatchSpec();
CommandSpec BulletinSpec();
CommandSpec ModelsListSpec();
CommandSpec ModelsShowSpec();
CommandSpec ModelsPromoteSpec();
CommandSpec ModelsRollbackSpec();
CommandSpec ModelsHistorySpec();
CommandSpec StatusSpec();
CommandSpec TokenCreateSpec();
CommandSpec DoctorSpec();
CommandSpec ObservationsCorrectSpec();
CommandSpec ObservationsCorrectionsSpec();
CommandSpec CompletionSpec();

}  // namespace tremorcast::cli
