#include "server/pipeline/model_host.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

absl::string_view LoadResultName(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return "ok";
    case absl::StatusCode::kDataLoss:
      return "data_loss";
    case absl::StatusCode::kFailedPrecondition:
      return "foreign";
    case absl::StatusCode::kInvalidArgument:
      return "invalid";
    default:
      return "other";
  }
}

std::vector<std::string> InfoLabels(const RegionId& scope, const ServedModel& model) {
  return {scope.value(), model.record.model.version.value(), model.record.model.git_revision, model.record.data_hash};
}

PredictorInfo InfoOf(const EtasArtifact& etas, const ModelProvenance& model) {
  PredictorInfo info;
  info.model = model;
  info.calibration = DescribeEtasArtifact(etas);
  info.pool_weight = etas.pool_weight;
  info.demonstrated_skill = etas.demonstrated_skill;
  info.network_prior = etas.twin.network;
  info.twin = etas.twin;
  info.heads = 0;
  info.runtime = EtasRuntimeName();
  return info;
}

// How often the freeing thread looks whether the last request has let go of a replaced model.
constexpr absl::Duration kFreeInterval = absl::Milliseconds(20);

}  // namespace

ModelHost::ModelHost(Options options, ModelRegistry& registry, const PredictorLoader& loader, const Clock& clock,
                     ModelMetrics& metrics, const Log& log)
    : options_(options), registry_(registry), loader_(loader), clock_(clock), metrics_(metrics), log_(log) {
  freer_ = std::thread([this] { FreeRetired(); });
}

ModelHost::~ModelHost() {
  {
    absl::MutexLock lock(&retired_mutex_);
    stopping_ = true;
  }
  freer_.join();
}

std::shared_ptr<const ServedModel> ModelHost::For(const RegionId& region, const StationQuestion& question) const {
  absl::MutexLock lock(&mutex_);
  auto at = question.weekly() ? scopes_.find(region) : scopes_.end();
  if (at == scopes_.end() || at->second.serving == nullptr) at = scopes_.find(ScopeOf(question));
  return at == scopes_.end() ? nullptr : at->second.serving;
}

std::shared_ptr<const ServedModel> ModelHost::Catalogue() const {
  absl::MutexLock lock(&mutex_);
  const auto at = scopes_.find(RegionId(kCatalogueScope));
  return at == scopes_.end() ? nullptr : at->second.serving;
}

std::shared_ptr<const ServedModel> ModelHost::Serving(const ModelVersion& version) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, scope] : scopes_) {
    if (scope.serving != nullptr && scope.serving->record.model.version == version) return scope.serving;
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<const ServedModel>> ModelHost::LoadFresh(const ModelVersion& version) {
  absl::StatusOr<ModelRecord> record = registry_.Get(version);
  absl::StatusOr<std::string> artifact = record.ok() ? registry_.Artifact(version) : record.status();
  if (!artifact.ok()) {
    metrics_.load_attempts["fetch_failed"].Increment();
    return artifact.status();
  }
  const absl::Time start = absl::Now();
  absl::StatusOr<ServedModel> model = Open(*std::move(record), *artifact);
  metrics_.load_attempts[LoadResultName(model.status())].Increment();
  if (!model.ok()) return model.status();
  metrics_.load_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  return std::make_shared<const ServedModel>(*std::move(model));
}

absl::StatusOr<ServedModel> ModelHost::Open(ModelRecord record, const std::string& artifact) const {
  ServedModel model;
  model.record = std::move(record);
  const ModelProvenance& provenance = model.record.model;
  if (model.record.rung != Rung::kCatalogue) {
    ASSIGN_OR_RETURN(model.predictor, loader_.Load(provenance.version, artifact, provenance.weights_sha256));
    model.info = model.predictor->info();
    if (model.info.question != model.record.question) {
      return absl::FailedPreconditionError(
          absl::StrCat("model ", provenance.version.value(), " is registered for another question than its own"));
    }
    return model;
  }
  if (!options_.read_etas) return absl::FailedPreconditionError("this program serves no catalogue models");
  if (Sha256Hex(artifact) != provenance.weights_sha256) {
    return absl::DataLossError(absl::StrCat("model ", provenance.version.value(), " does not have its SHA-256"));
  }
  ASSIGN_OR_RETURN(EtasArtifact etas, options_.read_etas(artifact));
  RETURN_IF_ERROR(CheckGolden(etas));
  model.info = InfoOf(etas, provenance);
  model.etas = std::make_shared<const EtasArtifact>(std::move(etas));
  return model;
}

absl::StatusOr<std::shared_ptr<const ServedModel>> ModelHost::Load(const ModelVersion& version) {
  if (std::shared_ptr<const ServedModel> serving = Serving(version)) return serving;
  absl::MutexLock lock(&aside_mutex_);
  if (aside_ != nullptr && aside_->record.model.version == version) return aside_;
  absl::StatusOr<std::shared_ptr<const ServedModel>> model = LoadFresh(version);
  if (model.ok()) aside_ = *model;
  return model;
}

void ModelHost::ScopeState::ForgetFailures() {
  problem.clear();
  failed_attempts = 0;
  next_attempt = absl::InfinitePast();
  stuck_since = absl::InfiniteFuture();
}

// Whether `scope` serves `version` already. What another champion failed with before this one came
// back is over then.
bool ModelHost::Serves(const RegionId& scope, const ModelVersion& version) {
  {
    absl::MutexLock lock(&mutex_);
    const auto at = scopes_.find(scope);
    if (at == scopes_.end() || at->second.serving == nullptr || at->second.serving->record.model.version != version)
      return false;
    if (at->second.failed_attempts == 0) return true;
    at->second.wanted = version;
    at->second.ForgetFailures();
  }
  ExportNotStuck(scope);
  return true;
}

// Whether to try `version` for `scope` now; if not because of an earlier failure, `problem` says
// which.
bool ModelHost::Due(const RegionId& scope, const ModelVersion& version, std::string& problem) const {
  absl::MutexLock lock(&mutex_);
  const auto at = scopes_.find(scope);
  if (at == scopes_.end()) return true;
  if (at->second.wanted != version || at->second.failed_attempts == 0) return true;
  problem = at->second.problem;
  return clock_.Now() >= at->second.next_attempt;
}

absl::Status ModelHost::Reconcile(const std::map<RegionId, Promotion>& champions) {
  absl::MutexLock reconciling(&reconcile_mutex_);
  absl::Status first_problem;
  std::map<ModelVersion, absl::Status> failed;  // in this call: scopes with one version fail together
  for (const auto& [scope, promotion] : champions) {
    const ModelVersion& version = promotion.version;
    std::string problem;
    if (version.empty()) continue;  // withdrawn: below
    if (Serves(scope, version)) continue;
    if (!Due(scope, version, problem)) {
      first_problem.Update(absl::UnavailableError(problem));
      continue;
    }
    std::shared_ptr<const ServedModel> model = Serving(version);
    if (model == nullptr) {
      if (const auto known = failed.find(version); known != failed.end()) {
        NoteFailure(scope, version, known->second);
        continue;
      }
      absl::StatusOr<std::shared_ptr<const ServedModel>> loaded = LoadFresh(version);
      if (!loaded.ok()) {
        failed.emplace(version, loaded.status());
        NoteFailure(scope, version, loaded.status());
        first_problem.Update(loaded.status());
        continue;
      }
      model = *std::move(loaded);
    }
    Swap(scope, std::move(model));
  }
  std::vector<RegionId> withdrawn;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [scope, state] : scopes_) {
      const auto champion = champions.find(scope);
      if (champion == champions.end() || champion->second.version.empty()) withdrawn.push_back(scope);
    }
  }
  for (const RegionId& scope : withdrawn) Swap(scope, nullptr);
  return first_problem;
}

absl::Status ModelHost::ReconcileWithRegistry() {
  ASSIGN_OR_RETURN(auto champions, registry_.Champions(absl::InfiniteFuture()));
  Reconcile(champions).IgnoreError();  // logged, counted and in Status()
  return absl::OkStatus();
}

void ModelHost::Swap(const RegionId& scope, std::shared_ptr<const ServedModel> next) {
  std::shared_ptr<const ServedModel> before;
  {
    absl::MutexLock lock(&mutex_);
    if (next == nullptr) {
      before = std::move(scopes_[scope].serving);
      scopes_.erase(scope);
    } else {
      ScopeState& state = scopes_[scope];
      before = std::exchange(state.serving, next);
      state.wanted = next->record.model.version;
      state.ForgetFailures();
    }
  }
  ExportInfo(scope, before.get(), next.get());
  metrics_.swaps[next == nullptr ? "withdrawn" : "swapped"].Increment();
  log_.Info(absl::StrCat("scope ", scope.value(), ": ", before ? before->record.model.version.value() : "no model",
                         " -> ", next ? next->record.model.version.value() : "no model"),
            {{"event", "swap"}, {"region", scope.value()}, {"model", next ? next->record.model.version.value() : ""}});
  if (before != nullptr) Retire(std::move(before));
}

void ModelHost::ExportInfo(const RegionId& scope, const ServedModel* before, const ServedModel* after) {
  if (before != nullptr) metrics_.info.Remove(InfoLabels(scope, *before));
  ExportNotStuck(scope);
  if (after == nullptr) {
    metrics_.trained_timestamp.Remove({scope.value()});
    metrics_.stuck.Remove({scope.value()});
    metrics_.failed_attempts.Remove({scope.value()});
    return;
  }
  metrics_.info.Set(InfoLabels(scope, *after), 1);
  metrics_.trained_timestamp.Set({scope.value()}, UnixSeconds(after->info.model.training_period.end));
}

void ModelHost::ExportNotStuck(const RegionId& scope) {
  metrics_.stuck.Set({scope.value()}, 0);
  metrics_.failed_attempts.Set({scope.value()}, 0);
  metrics_.stuck_since.Remove({scope.value()});
}

void ModelHost::NoteFailure(const RegionId& scope, const ModelVersion& version, const absl::Status& status) {
  metrics_.swaps["kept_incumbent"].Increment();
  metrics_.stuck.Set({scope.value()}, 1);
  absl::Duration pause;
  absl::Time stuck_since;
  int failed_attempts = 0;
  {
    absl::MutexLock lock(&mutex_);
    ScopeState& state = scopes_[scope];
    if (state.wanted != version) state.failed_attempts = 0;
    state.wanted = version;
    pause = std::min(options_.max_retry, options_.first_retry * (int64_t{1} << std::min(state.failed_attempts, 20)));
    failed_attempts = ++state.failed_attempts;
    state.stuck_since = stuck_since = std::min(state.stuck_since, clock_.Now());
    state.problem = absl::StrCat("model ", version.value(), " cannot serve: ", status.ToString());
    state.next_attempt = clock_.Now() + pause;
  }
  metrics_.stuck_since.Set({scope.value()}, UnixSeconds(stuck_since));
  metrics_.failed_attempts.Set({scope.value()}, failed_attempts);
  log_.Error(absl::StrCat("scope ", scope.value(), " keeps its model: ", version.value(), " could not be loaded (",
                          status.ToString(), "); next attempt in ", absl::FormatDuration(pause)),
             {{"event", "swap"}, {"region", scope.value()}, {"model", version.value()}});
}

std::vector<ScopeStatus> ModelHost::Status() const {
  absl::MutexLock lock(&mutex_);
  std::vector<ScopeStatus> all;
  for (const auto& [id, scope] : scopes_) {
    all.push_back({id, scope.serving ? scope.serving->record.model.version : ModelVersion(), scope.wanted,
                   scope.problem, scope.failed_attempts, scope.next_attempt});
  }
  return all;
}

void ModelHost::Retire(std::shared_ptr<const ServedModel> model) {
  absl::MutexLock lock(&retired_mutex_);
  retired_.push_back(std::move(model));
}

// Destroying a model takes time (and, on a GPU, a lock): never on a request. A model stays here
// until it is the last holder. One that serves in another scope as well is held there, so it waits
// here until that scope lets go too.
void ModelHost::FreeRetired() {
  while (true) {
    std::vector<std::shared_ptr<const ServedModel>> unused;
    {
      absl::MutexLock lock(&retired_mutex_);
      const auto work = [this] {
        retired_mutex_.AssertReaderHeld();
        return stopping_ || !retired_.empty();
      };
      retired_mutex_.Await(absl::Condition(&work));
      if (stopping_) return;
      for (auto& model : retired_) {
        // The same model may have been retired by several scopes: keep one reference.
        for (auto& other : retired_) {
          if (&other != &model && other == model) other.reset();
        }
      }
      const auto still_used = std::partition(retired_.begin(), retired_.end(), [](const auto& model) {
        return model != nullptr && model.use_count() > 1;
      });
      unused.assign(std::make_move_iterator(still_used), std::make_move_iterator(retired_.end()));
      retired_.erase(still_used, retired_.end());
      freeing_ = !unused.empty();
    }
    unused.clear();
    absl::MutexLock lock(&retired_mutex_);
    freeing_ = false;
    if (!retired_.empty()) {
      retired_mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kFreeInterval);
    }
  }
}

void ModelHost::WaitForFreed() {
  absl::MutexLock lock(&retired_mutex_);
  const auto done = [this] {
    retired_mutex_.AssertReaderHeld();
    return !freeing_ && std::none_of(retired_.begin(), retired_.end(),
                                     [](const auto& model) { return model == nullptr || model.use_count() <= 1; });
  };
  retired_mutex_.Await(absl::Condition(&done));
}

}  // namespace tremorcast
