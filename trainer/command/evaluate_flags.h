#pragma once

// The flags of `tremorcast-trainer evaluate`. For trainer/command/flags.cc.

#include <CLI/CLI.hpp>

#include "trainer/command/flags.h"

namespace tremorcast {

// All but those of the database. `flags` is written while the arguments are read, so it must
// outlive the app.
void AddEvaluate(CLI::App& app, Flags& flags);

// After parsing: what is asked of any source goes where that source reads it. InvalidArgument: flags
// that do not go together.
absl::Status FinishEvaluate(EvaluateFlags& e, bool weeks_given);

}  // namespace tremorcast
