#include "server/library_lines.h"

#include <string>
#include <unistd.h>

#include <absl/base/const_init.h>
#include <absl/base/thread_annotations.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

namespace tremorcast {
namespace {

ABSL_CONST_INIT absl::Mutex mutex(absl::kConstInit);
const Log* target ABSL_GUARDED_BY(mutex) = nullptr;

void SetTarget(const Log* log) {
  absl::MutexLock lock(&mutex);
  target = log;
}

void Write(LogLevel level, absl::string_view library, absl::string_view file, int line, absl::string_view message) {
  absl::MutexLock lock(&mutex);
  if (target == nullptr) return;
  const size_t slash = file.rfind('/');
  target->Write(level, absl::StrCat(library, ": ", message),
                {{"at", absl::StrCat(slash == absl::string_view::npos ? file : file.substr(slash + 1), ":", line)}});
}

// The process ends behind such a line, and what the log has in its queue ends with it.
void WriteAtOnce(absl::string_view library, absl::string_view message) {
  const std::string line = absl::StrCat(library, ": ", message, "\n");
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void OfGrpc(gpr_log_func_args* line) {
  if (absl::StartsWith(line->message, "assertion failed")) WriteAtOnce("gRPC", line->message);
  const LogLevel level = line->severity == GPR_LOG_SEVERITY_ERROR  ? LogLevel::kWarning
                         : line->severity == GPR_LOG_SEVERITY_INFO ? LogLevel::kInfo
                                                                   : LogLevel::kDebug;
  Write(level, "gRPC", line->file, line->line, line->message);
}

void OfProtobuf(google::protobuf::LogLevel level, const char* file, int line, const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) WriteAtOnce("libprotobuf", message);
  Write(level == google::protobuf::LOGLEVEL_FATAL  ? LogLevel::kError
        : level == google::protobuf::LOGLEVEL_INFO ? LogLevel::kInfo
                                                   : LogLevel::kWarning,
        "libprotobuf", file, line, message);
}

}  // namespace

LibraryLines::LibraryLines(const Log& log) {
  SetTarget(&log);
  gpr_set_log_function(&OfGrpc);
  google::protobuf::SetLogHandler(&OfProtobuf);
}

LibraryLines::~LibraryLines() { SetTarget(nullptr); }

}  // namespace tremorcast
