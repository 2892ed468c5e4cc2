#include "model/training/training_state.h"

#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

#include <absl/strings/str_cat.h>
#include <nlohmann/json.hpp>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using nlohmann::json;

constexpr char kStateKey[] = "training_state";
constexpr char kFileName[] = "state.safetensors";

// JSON has no infinity; it stands for "no best yet".
json LossToJson(double loss) { return std::isfinite(loss) ? json(loss) : json(nullptr); }
double LossFromJson(const json& j) { return j.is_null() ? std::numeric_limits<double>::infinity() : j.get<double>(); }

json ProgressToJson(const TrainingProgress& p) {
  return {{"stage", p.stage},
          {"head", p.head},
          {"heads", p.heads},
          {"epoch", p.epoch},
          {"max_epochs", p.max_epochs},
          {"train_loss", LossToJson(p.train_loss)},
          {"validation_loss", LossToJson(p.validation_loss)},
          {"best_validation_loss", LossToJson(p.best_validation_loss)},
          {"improved", p.improved},
          {"steps", p.steps}};
}

TrainingProgress ProgressFromJson(const json& j) {
  TrainingProgress p;
  p.stage = j.at("stage").get<int>();
  p.head = j.at("head").get<int>();
  p.heads = j.at("heads").get<int>();
  p.epoch = j.at("epoch").get<int>();
  p.max_epochs = j.at("max_epochs").get<int>();
  p.train_loss = LossFromJson(j.at("train_loss"));
  p.validation_loss = LossFromJson(j.at("validation_loss"));
  p.best_validation_loss = LossFromJson(j.at("best_validation_loss"));
  p.improved = j.at("improved").get<bool>();
  p.steps = j.at("steps").get<int64_t>();
  return p;
}

absl::Status FileError(const std::string& what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAndSync(const std::string& path, const std::string& bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return FileError("cannot create", path);
  absl::Status status;
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      status = FileError("cannot write", path);
      break;
    }
    written += static_cast<size_t>(n);
  }
  if (status.ok() && ::fsync(fd) != 0) status = FileError("cannot sync", path);
  ::close(fd);
  return status;
}

void SyncDirectory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);  // some file systems refuse it; the rename is in place either way
  ::close(fd);
}

}  // namespace

std::string SerializeTrainingState(const TrainingState& state) {
  json history = json::array();
  for (const TrainingProgress& p : state.history) history.push_back(ProgressToJson(p));
  const json j = {{"fingerprint", state.fingerprint},
                  {"stage", state.stage},
                  {"head", state.head},
                  {"epoch", state.epoch},
                  {"best_loss", LossToJson(state.best_loss)},
                  {"epochs_without", state.epochs_without},
                  {"best_steps", state.best_steps},
                  {"optimiser_steps", state.optimiser_steps},
                  {"history", history}};
  SafetensorsFile file;
  file.metadata[kStateKey] = j.dump();
  file.tensors = state.tensors;
  return WriteSafetensors(file);
}

absl::StatusOr<TrainingState> ParseTrainingState(absl::string_view bytes) {
  ASSIGN_OR_RETURN(auto file, ReadSafetensors(bytes));
  const auto entry = file.metadata.find(kStateKey);
  if (entry == file.metadata.end()) return absl::DataLossError("training state: no metadata");
  try {
    const json j = json::parse(entry->second);
    TrainingState state;
    state.fingerprint = j.at("fingerprint").get<std::string>();
    state.stage = j.at("stage").get<int>();
    state.head = j.at("head").get<int>();
    state.epoch = j.at("epoch").get<int>();
    state.best_loss = LossFromJson(j.at("best_loss"));
    state.epochs_without = j.at("epochs_without").get<int>();
    state.best_steps = j.at("best_steps").get<int64_t>();
    state.optimiser_steps = j.at("optimiser_steps").get<int64_t>();
    for (const json& p : j.at("history")) state.history.push_back(ProgressFromJson(p));
    state.tensors = std::move(file.tensors);
    return state;
  } catch (const json::exception& e) {
    return absl::DataLossError(absl::StrCat("training state: ", e.what()));
  }
}

absl::Status TrainingStateFile::Save(const TrainingState& state) const {
  if (directory_.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot create ", directory_, ": ", error.message()));
  const std::string path = directory_ + "/" + kFileName, temporary = path + ".new";
  RETURN_IF_ERROR(WriteAndSync(temporary, SerializeTrainingState(state)));
  if (::rename(temporary.c_str(), path.c_str()) != 0) return FileError("cannot rename to", path);
  SyncDirectory(directory_);
  return absl::OkStatus();
}

std::optional<TrainingState> TrainingStateFile::Load(const std::string& fingerprint) const {
  if (directory_.empty()) return std::nullopt;
  std::ifstream in(directory_ + "/" + kFileName, std::ios::binary);
  if (!in) return std::nullopt;
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  auto state = ParseTrainingState(bytes);
  if (!state.ok() || state->fingerprint != fingerprint) return std::nullopt;
  return *std::move(state);
}

}  // namespace tremorcast
