#include "cli/ingest/tally.h"

#include <ostream>
#include <utility>

#include <absl/memory/memory.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>
#include <nlohmann/json.hpp>

#include "core/base/number_text.h"
#include "core/base/plain_text.h"

namespace tremorcast::cli {
namespace {

std::string CsvQuoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tally>> Tally::Create(Console& console, const std::string& rejects_path) {
  auto tally = absl::WrapUnique(new Tally(console));
  tally->rejects_path_ = rejects_path;
  if (!rejects_path.empty()) {
    tally->rejects_.open(rejects_path, std::ios::binary | std::ios::trunc);
    if (!tally->rejects_) return absl::PermissionDeniedError(absl::StrCat("cannot write ", rejects_path));
    tally->rejects_ << "file,line,column,verdict,reason,text\n";
  }
  return tally;
}

void Tally::AddVerdicts(const VerdictCounts& counts, bool replayed, int64_t text_bytes) {
  absl::MutexLock lock(&mutex_);
  counts_.verdicts += counts;
  counts_.replayed_batches += replayed ? 1 : 0;
  counts_.text_bytes += text_bytes;
}

void Tally::AddFault(const Fault& fault) {
  absl::MutexLock lock(&mutex_);
  ++faults_;
  if (rejects_.is_open()) {
    rejects_ << CsvQuoted(fault.file) << "," << fault.line << "," << fault.column << "," << fault.verdict << ","
             << CsvQuoted(fault.reason) << "," << CsvQuoted(fault.text) << "\n";
  }
  if (fault.listed_only || shown_ >= kShownFaults) return;
  ++shown_;
  WriteLine(absl::StrCat(fault.file, ":", fault.line, ": ",
                         fault.column.empty() ? "" : absl::StrCat(fault.column, ": "), fault.verdict, ": ",
                         fault.reason));
  if (shown_ == kShownFaults) {
    WriteLine(rejects_.is_open() ? absl::StrCat("(further faults go to ", rejects_path_, " only)")
                                 : "(further faults are counted only; --rejects FILE lists them all)");
  }
}

void Tally::AddUnreadable(const Fault& fault) {
  AddFault(fault);
  absl::MutexLock lock(&mutex_);
  ++counts_.unreadable_lines;
}

void Tally::AddRejectReason(absl::string_view reason, int64_t rows) {
  absl::MutexLock lock(&mutex_);
  counts_.reject_reasons[std::string(reason)] += rows;
}

void Tally::AddFailedRows(int64_t rows) {
  absl::MutexLock lock(&mutex_);
  counts_.failed_rows += rows;
}

void Tally::Say(const std::string& message) {
  absl::MutexLock lock(&mutex_);
  WriteLine(message);
}

void Tally::WriteLine(const std::string& text) {
  // It quotes files of others, whose bytes a terminal would obey.
  console_.err() << (status_line_.empty() ? "" : "\r\033[K") << PlainText(text, true) << "\n"
                 << status_line_ << std::flush;
}

void Tally::SetStatusLine(std::string line) {
  absl::MutexLock lock(&mutex_);
  if (line.empty() && status_line_.empty()) return;
  status_line_ = std::move(line);
  console_.err() << "\r\033[K" << status_line_ << std::flush;
}

TallyCounts Tally::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

std::string Tally::SummaryJson(absl::Duration took) const {
  const TallyCounts totals = counts();
  const VerdictCounts& v = totals.verdicts;
  return nlohmann::json{{"rows", v.total()},
                        {"accepted", v.accepted},
                        {"duplicate", v.duplicate},
                        {"conflict", v.conflict},
                        {"late", v.late},
                        {"rejected", v.rejected},
                        {"reject_reasons", totals.reject_reasons},
                        {"unreadable_lines", totals.unreadable_lines},
                        {"failed_rows", totals.failed_rows},
                        {"replayed_batches", totals.replayed_batches},
                        {"seconds", absl::ToDoubleSeconds(took)}}
      .dump(2);
}

ExitCode Tally::exit_code() const {
  absl::MutexLock lock(&mutex_);
  if (counts_.failed_rows > 0) return ExitCode::kFailed;
  const bool partial = counts_.verdicts.rejected > 0 || counts_.verdicts.conflict > 0 || counts_.unreadable_lines > 0;
  return partial ? ExitCode::kPartial : ExitCode::kOk;
}

absl::Status Tally::Finish(absl::Duration took, bool print) {
  absl::MutexLock lock(&mutex_);
  if (print) PrintSummary(absl::ToDoubleSeconds(took));
  if (!rejects_.is_open()) return absl::OkStatus();
  rejects_.flush();
  if (!rejects_) return absl::DataLossError(absl::StrCat("could not write all of ", rejects_path_));
  if (print && faults_ > 0) console_.out() << "  listed in  " << rejects_path_ << "\n";
  return absl::OkStatus();
}

void Tally::PrintSummary(double seconds) {
  const VerdictCounts& v = counts_.verdicts;
  std::ostream& out = console_.out();
  out << console_.Bold(Count(v.total(), "row")) << absl::StrFormat(" answered in %.1f s", seconds);
  if (seconds > 0 && v.total() > 0) {
    out << ", " << Grouped(static_cast<int64_t>(static_cast<double>(v.total()) / seconds)) << " rows/s";
    if (counts_.text_bytes > 0) {
      out << absl::StrFormat(", %.1f MB/s of text", static_cast<double>(counts_.text_bytes) / seconds / 1e6);
    }
  }
  out << "\n  accepted   " << Grouped(v.accepted) << "\n  duplicate  " << Grouped(v.duplicate) << "\n  conflict   "
      << Grouped(v.conflict) << (v.conflict > 0 ? "  (other values are stored already; the first are kept)" : "")
      << "\n  late       " << Grouped(v.late) << (v.late > 0 ? "  (stored; their weeks get a new window revision)" : "")
      << "\n  rejected   " << Grouped(v.rejected) << "\n";
  for (const auto& [reason, rows] : counts_.reject_reasons) out << "    " << reason << ": " << Grouped(rows) << "\n";
  if (counts_.unreadable_lines > 0) out << "  unreadable " << Count(counts_.unreadable_lines, "line") << "\n";
  if (counts_.failed_rows > 0)
    out << "  failed     " << Count(counts_.failed_rows, "row") << " in batches refused as a whole\n";
  if (counts_.replayed_batches > 0) {
    out << "  " << Count(counts_.replayed_batches, "batch", "batches")
        << " had been answered before; the verdicts above are those of then\n";
  }
}

}  // namespace tremorcast::cli
