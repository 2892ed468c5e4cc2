// tremorcast ingest

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/types/span.h>

#include "cli/commands/commands.h"
#include "cli/ingest/file_list.h"
#include "cli/ingest/follow_run.h"
#include "cli/ingest/ingest_run.h"
#include "core/base/duration_text.h"
#include "core/base/number_text.h"

namespace tremorcast::cli {
namespace {

class IngestCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {
        {"PATH", "AETA CSV files (.csv, also packed as .xz, .gz or .zst) or folders of them", &paths_, true, {}},
        {"--follow", "go on reading as the files grow, until Ctrl-C; implies --live", &follow_, false, {}},
        {"--live", "rows count as known from now on, as when a data logger sends them", &live_, false, {}},
        {"--backfill", "rows count as known when they were measured, also with --follow", &backfill_, false, {}},
        {"--rejects",
         "write every row and line that was not stored as it stands to this CSV file",
         &rejects_,
         false,
         {}},
        {"--no-resume", "send the files from their start, whatever the server has of them", &no_resume_, false, {}},
        {"--accept-unterminated", "take a last line that has no newline as complete", &accept_unterminated_, false, {}},
        {"--no-value",
         "numbers that stand for no value, apart by commas (none: there are none)",
         &no_value_,
         false,
         {}},
        {"--jobs", "files read at the same time", &jobs_, false, {}},
        {"--batch-rows", "rows per batch, 1 to 20000", &batch_rows_, false, {}},
        {"--retry-for", "sit out an outage of the server this long (30s, 10m, 2h)", &retry_for_, false, {}},
        {"--json", "print the verdict summary as JSON", &json_, false, {}},
    };
  }

  ExitCode Run(CommandContext& context) override {
    IngestRunOptions options;
    if (!Understand(context.console, options)) return ExitCode::kUsage;
    const absl::StatusOr<AetaFiles> files = ListAetaFiles(paths_, follow_);
    if (!files.ok()) {
      context.console.err() << "tremorcast: " << files.status().message() << "\n";
      return ExitCode::kFailed;
    }
    absl::StatusOr<std::unique_ptr<Tally>> tally = Tally::Create(context.console, rejects_);
    if (!tally.ok()) {
      context.console.err() << "tremorcast: " << tally.status().message() << "\n";
      return ExitCode::kFailed;
    }
    SayLeftOut(context.console, files->left_out);
    const absl::Time began = context.pacer.Now();
    ExitCode code = ExitCode::kOk;
    {
      ProgressCounters counters;
      const Progress progress(context.console, **tally, counters);
      code = follow_ ? FollowFiles(paths_, options, context.client, context.pacer, **tally)
                     : IngestFiles(files->files, options, context.client, context.pacer, **tally, counters);
    }
    return Worse(Worse(code, (*tally)->exit_code()), Summarise(context, **tally, context.pacer.Now() - began));
  }

 private:
  bool Understand(Console& console, IngestRunOptions& options) const {
    const auto refuse = [&](absl::string_view why) {
      console.err() << "tremorcast ingest: " << why << "\n";
      return false;
    };
    if (live_ && backfill_) return refuse("--live and --backfill exclude each other");
    if (jobs_ < 1 || jobs_ > 64) return refuse("--jobs must be 1 to 64");
    if (batch_rows_ < 1 || batch_rows_ > 20000) return refuse("--batch-rows must be 1 to 20000");
    const absl::StatusOr<absl::Duration> retry_for = ParseDurationText(retry_for_);
    if (!retry_for.ok()) return refuse("--retry-for must be like 30s, 10m or 2h");
    options.retry_for = *retry_for;
    options.jobs = static_cast<int>(jobs_);
    options.rows_per_batch = static_cast<int>(batch_rows_);
    options.live = live_ || (follow_ && !backfill_);
    options.resume = !no_resume_;
    options.accept_unterminated = accept_unterminated_;
    options.sentinels.clear();
    if (no_value_ != "none") {
      for (absl::string_view text : absl::StrSplit(no_value_, ',')) {
        const std::optional<double> value = ParseFinite(text);
        if (!value.has_value()) return refuse("--no-value must be numbers, such as -999,-9999, or none");
        options.sentinels.push_back(static_cast<float>(*value));
      }
    }
    if (follow_) options.retry_for = absl::InfiniteDuration();  // a follower is there to wait
    return true;
  }

  static void SayLeftOut(Console& console, const std::vector<std::string>& left_out) {
    if (left_out.empty()) return;
    const size_t shown = std::min<size_t>(left_out.size(), 20);
    console.err() << "left out " << Count(static_cast<int64_t>(left_out.size()), "file")
                  << " not called *_magn.csv or *_sound.csv (.xz, .gz, .zst): "
                  << absl::StrJoin(absl::MakeConstSpan(left_out).first(shown), ", ")
                  << (left_out.size() > shown ? ", ..." : "") << "\n";
  }

  ExitCode Summarise(CommandContext& context, Tally& tally, absl::Duration took) const {
    const absl::Status written = tally.Finish(took, !json_);
    if (json_) context.console.out() << tally.SummaryJson(took) << "\n";
    if (written.ok()) return ExitCode::kOk;
    context.console.err() << "tremorcast: " << written.message() << "\n";
    return ExitCode::kFailed;
  }

  std::vector<std::string> paths_;
  bool follow_ = false, live_ = false, backfill_ = false, no_resume_ = false, accept_unterminated_ = false,
       json_ = false;
  std::string rejects_, no_value_ = absl::StrJoin(AetaCsvReader::Options().sentinels, ",");
  int64_t jobs_ = 4, batch_rows_ = 2000;
  std::string retry_for_ = "5m";
};

}  // namespace

CommandSpec IngestSpec() {
  return {"ingest",
          "Send AETA feature files to the server",
          "Every row gets a verdict: accepted, duplicate, conflict, late or rejected. The server remembers how far "
          "each file was read, so an "
          "interrupted ingest goes on where it stopped when the same command is run again; sending twice is harmless. "
          "What was "
          "not stored as it stands is read again, and told again, each time.",
          {"tremorcast ingest data/105_magn.csv data/105_sound.csv.xz",
           "tremorcast ingest --rejects rejects.csv data/december", "tremorcast ingest --follow /var/spool/aeta"},
          [] { return std::make_unique<IngestCommand>(); }};
}

}  // namespace tremorcast::cli
